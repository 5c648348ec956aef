"""Incidents of jobs: the row is there exactly while its job has no retry left.

Invariant: the database itself removes the incident when the job goes or may be tried again, whoever
brings that about. A condition on the job's own row decides, where a foreign key would look for
incidents behind each of the many jobs that never had one.
"""

from typing import Any, Final

from sqlalchemy import DDL, Table, event
from sqlalchemy.schema import ExecutableDDLElement

_OVER: Final = {
    "job_goes": ("DELETE", "OLD.retries = 0"),
    "job_goes_on": (
        "UPDATE OF retries",
        "OLD.retries = 0 AND (NEW.retries > 0 OR NEW.id <> OLD.id)",
    ),
}
_REMOVE: Final = "DELETE FROM incident WHERE job_id = OLD.id;"
_FUNCTION: Final = (
    "CREATE OR REPLACE FUNCTION banli_incident_over() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" BEGIN {_REMOVE} RETURN NULL; END $$"
)
_DOES: Final = {
    "sqlite": f"BEGIN {_REMOVE} END",
    "postgresql": "EXECUTE FUNCTION banli_incident_over()",
}


def statements(dialect: str) -> list[str]:
    """What keeps incidents and jobs together, in the words of a database."""
    made = [
        f"CREATE TRIGGER {name} AFTER {act} ON job FOR EACH ROW WHEN ({when}) {_DOES[dialect]}"
        for name, (act, when) in _OVER.items()
    ]
    return [_FUNCTION, *made] if dialect == "postgresql" else made


def keep(jobs: Any) -> None:
    """Keep them together wherever the table is created from the models; migrations do it too."""
    assert isinstance(jobs, Table)  # noqa: S101 - a mapped class promises less
    for dialect in _DOES:
        for one in statements(dialect):
            ddl: ExecutableDDLElement = DDL(one)  # type: ignore[no-untyped-call]
            event.listen(jobs, "after_create", ddl.execute_if(dialect=dialect))
