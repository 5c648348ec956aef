"""Overload is told at once: who would have to wait too long is asked to come again.

Invariant: what waits for a thread is bounded; who asks whether the program is alive always hears.
Source: rule 46 of the reliability rules.
"""

from typing import Final

from flask import Flask, abort, current_app, request

WAITING: Final = "banli_waiting"
"""In the application's extensions: how many requests wait for a thread, where a server counts."""
MOST: Final = 200
"""At some 20 ms a request and eight threads, half a second."""
_ALWAYS: Final = frozenset({"health.live", "health.ready", "static"})


def _shed() -> None:
    waiting = current_app.extensions.get(WAITING)
    if waiting is not None and waiting() > MOST and request.endpoint not in _ALWAYS:
        abort(503)


def init_app(app: Flask) -> None:
    app.before_request(_shed)
