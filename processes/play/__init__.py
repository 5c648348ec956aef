"""Processes played in memory with virtual time: the whole product, or the models of one folder."""

from processes.play.installation import START, Play, PlayedCase

__all__ = ["START", "Play", "PlayedCase"]
