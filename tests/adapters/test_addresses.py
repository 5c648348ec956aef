"""Simulated departments keep their address: accounts of the portal belong to one (issue 6 §1)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def started(state: Path) -> Iterator[str]:
    """A department as a program of its own; its address."""
    command = [sys.executable, "-m", "adapters._simulators", "courier", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            yield program.stdout.readline().strip()
        finally:
            program.terminate()


def test_it_comes_back_at_the_address_of_the_last_time_and_elsewhere_if_that_is_taken(
    tmp_path: Path,
) -> None:
    state = tmp_path / "simulated"
    with started(state) as first:
        assert first.startswith("http://127.0.0.1:")
    with started(state) as again:
        assert again == first
        with started(state) as other:
            assert other.startswith("http://127.0.0.1:")
            assert other != first
