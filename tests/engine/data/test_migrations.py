"""The schema's history leads to the models, and no other schema is worked on."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import processes.model  # noqa: F401 - its tables stand on the same metadata
from engine import connection
from engine.model import Base
from migrations import schema
from web.database import Database


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    engine = connection.create(f"sqlite:///{tmp_path / 'new.db'}")
    assert schema.upgrade(engine) == schema.head()
    schema.check(engine)
    with engine.connect() as opened:
        context = MigrationContext.configure(opened, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
    assert schema.upgrade(engine) == schema.head(), "again changes nothing"
    engine.dispose()


@pytest.mark.postgres
def test_the_migrations_make_what_the_models_say_on_postgresql(postgres: Database) -> None:
    Base.metadata.drop_all(postgres.engine)
    schema.upgrade(postgres.engine)
    with postgres.engine.connect() as opened:
        context = MigrationContext.configure(opened, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_an_empty_an_older_and_a_newer_database_are_refused(tmp_path: Path) -> None:
    engine = connection.create(f"sqlite:///{tmp_path / 'old.db'}")
    with pytest.raises(schema.SchemaMismatch, match="尚未初始化"):
        schema.check(engine)
    schema.upgrade(engine)
    with engine.begin() as opened:
        opened.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (schema.check, schema.upgrade):
        with pytest.raises(schema.SchemaMismatch, match="更新，请使用"):
            refuse(engine)
    engine.dispose()


def test_the_revisions_told_by_the_names_of_the_files_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(schema._config())
    assert schema.revisions() == [one.revision for one in scripts.walk_revisions()][::-1]
    assert schema.head() == scripts.get_current_head()
