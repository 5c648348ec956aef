"""The tests of processes play them."""

from tests.play import play

__all__ = ["play"]
