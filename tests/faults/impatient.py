"""`python -m tests.faults.impatient serve`: the program of the product, with short leases and pauses.

A job that a killed program held comes back after seconds instead of a minute; nothing else differs.
"""

from datetime import timedelta

from adapters._shared import breaker, client
from engine import limits

limits.LEASE = timedelta(seconds=4)  # type: ignore[misc]
limits.BACKOFF_FIRST = timedelta(milliseconds=300)  # type: ignore[misc]
limits.CRASHES = 1_000  # type: ignore[misc] # the killing is no fault of the job
breaker.PAUSE = client.PAUSE = timedelta(seconds=1)  # type: ignore[misc,attr-defined]

if __name__ == "__main__":
    from web.cli import main

    main()
