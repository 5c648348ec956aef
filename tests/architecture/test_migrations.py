"""The schema has one history: looked at on every landing, where two may meet."""

from alembic.script import ScriptDirectory

from migrations import schema


def test_there_is_one_head_and_the_files_are_numbered() -> None:
    scripts = ScriptDirectory.from_config(schema._config())
    assert len(scripts.get_heads()) == 1
    numbers = [script.revision for script in scripts.walk_revisions()][::-1]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
