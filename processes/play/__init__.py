"""Processes played in memory with virtual time: the whole product, or the models of one folder."""

from processes.play.installation import START, Kept, Play, PlayedCase

__all__ = ["START", "Kept", "Play", "PlayedCase"]
