"""The rows of case management; all on `engine.model.Base`, one metadata.

Importing any module of this package loads all of them: rows refer to each other by foreign key.
"""

from engine import append_only
from processes.model import (
    agents,
    bookings,
    cases,
    circulation,
    country,
    desk,
    documents,
    exchange,
    people,
    records,
    tokens,
)

_GROWING = (
    people.AuditEvent,
    people.UserSignature,
    cases.ClockEntry,
    cases.Opinion,
    cases.SupervisionEntry,
    documents.CaseArchive,
    documents.PrintedForm,
    records.CalendarChange,
    records.CalendarVersion,
    records.RegisterLog,
)
for _kind in _GROWING:
    append_only.guard(_kind.__table__)

__all__ = [
    "agents",
    "bookings",
    "cases",
    "circulation",
    "country",
    "desk",
    "documents",
    "exchange",
    "people",
    "records",
    "tokens",
]
