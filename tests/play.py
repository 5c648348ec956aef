"""`play`: drives the processes of this repository in memory, as their people would."""

from collections.abc import Iterator

import pytest

from processes.play import Play, PlayedCase

__all__ = ["PlayedCase", "Player", "play"]


class Player(Play):
    """`play("key", …)` starts a process; everything else is `Play`."""

    def __call__(self, key: str, **variables: object) -> PlayedCase:
        return self.start(key, **variables)


@pytest.fixture
def play() -> Iterator[Player]:
    """A small installation in memory with the demo's people and every process."""
    player = Player()
    yield player
    player.close()
