"""`play`: drives the processes of this repository in memory, as their people would."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processes.casework import reachable
from processes.play import Play, PlayedCase

__all__ = ["PlayedCase", "Player", "play"]


class Player(Play):
    """`play("key", …)` starts a process; everything else is `Play`.

    What the clock begins every morning rests until a test wakes it: most tests are about something
    else, and a year that passes would be full of it.
    """

    def __call__(self, key: str, **variables: object) -> PlayedCase:
        return self.start(key, **variables)

    def _begin(self, models: Path) -> None:
        super()._begin(models)
        self.rest()


@pytest.fixture
def play() -> Iterator[Player]:
    """A small installation in memory with the demo's people and every process.

    Every outside system is there, whatever a server that an earlier test started had switched off.
    """
    reachable.without(())
    player = Player()
    yield player
    player.close()
