"""Tables whose rows are only ever added: the database itself refuses anything else.

Invariant: a guarded table refuses UPDATE, DELETE and TRUNCATE whoever asks, on SQLite and on
PostgreSQL; only the owner of the schema can lay the guard down, and that is a migration.
"""

from typing import Any, Final

from sqlalchemy import DDL, Table, event
from sqlalchemy.schema import ExecutableDDLElement

_REFUSE: Final = "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
_SQLITE: Final = (
    f"CREATE TRIGGER {{table}}_keeps_rows BEFORE DELETE ON {{table}} {_REFUSE}",
    f"CREATE TRIGGER {{table}}_keeps_values BEFORE UPDATE ON {{table}} {_REFUSE}",
)
_FUNCTION: Final = (
    "CREATE OR REPLACE FUNCTION banli_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',"
    " MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
)
_EACH: Final = "FOR EACH ROW EXECUTE FUNCTION banli_append_only()"
_WHOLE: Final = "FOR EACH STATEMENT EXECUTE FUNCTION banli_append_only()"
_POSTGRESQL: Final = (
    _FUNCTION,
    f"CREATE TRIGGER {{table}}_keeps_rows BEFORE UPDATE OR DELETE ON {{table}} {_EACH}",
    f"CREATE TRIGGER {{table}}_keeps_all BEFORE TRUNCATE ON {{table}} {_WHOLE}",
)
_OF: Final = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


def statements(table: str, dialect: str) -> list[str]:
    """What guards a table, in the words of a database."""
    return [one.replace("{table}", table) for one in _OF[dialect]]


def guard(table: Any) -> None:
    """Guard a table wherever it is created from the models; migrations do it by themselves."""
    assert isinstance(table, Table)  # noqa: S101 - a mapped class promises less
    for dialect in _OF:
        for one in statements(table.name, dialect):
            ddl: ExecutableDDLElement = DDL(one)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
