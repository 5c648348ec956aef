"""`python -m migrations "words of the change"`: write the next migration from the models."""

import sys

from alembic import command
from alembic.script import ScriptDirectory

from engine import connection
from migrations import schema


def main(words: str) -> None:
    """Compare the models with all migrations so far, on a database in memory."""
    engine = connection.create("sqlite://")
    config = schema._config()
    scripts = ScriptDirectory.from_config(config)
    present = scripts.get_current_head()
    with engine.connect() as opened:
        config.attributes["connection"] = opened
        if present is not None:
            command.upgrade(config, "head")
        number = f"{int(present or 0) + 1:04d}"
        command.revision(config, message=words, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit('usage: python -m migrations "words of the change"')
    main(sys.argv[1])
