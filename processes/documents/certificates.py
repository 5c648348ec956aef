"""What happens to a certificate that a ledger keeps: each look at it is a line of its events.

Invariant: lines are only added; a ledger that is none of certificates has none.
"""

from sqlalchemy.orm import Session

from engine import clock
from processes import registers
from processes.registers import Record, Trace


def note(
    session: Session, record: Record, kind: str, *, by: str, detail: str = "", purpose: str = ""
) -> None:
    """Write down that a certificate was looked at, presented, verified, downloaded, shared."""
    ledger = registers.definition(record.register)
    if ledger.certificate is None:
        return
    told = {
        ledger.key: record.key,
        "org": record.org_code,
        "kind": kind,
        "at": clock.now(),
        "month": clock.today().isoformat()[:7],
        "by": by,
        "detail": detail or None,
        "purpose": purpose or None,
    }
    registers.create(session, ledger.certificate.events, told, trace=Trace("certificate"))
