"""The moves of a trial as whoever makes it carries them along, signed.

Invariant: only moves that this server signed, for this user and this draft, are ever played.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from engine.errors import LimitExceeded
from forms.definition import FormDefinition
from processes.modelling.trial import MAX_MOVES, Move, Trial
from processes.modelling.trial_values import MoveRefused


@dataclass(frozen=True, slots=True)
class State:
    """The moves so far and when the trial began."""

    started_at: datetime
    moves: tuple[Move, ...] = ()

    def after(self, move: Move) -> "State":
        """The state with one move more."""
        return State(self.started_at, (*self.moves, move))

    def require_room(self) -> None:
        """Refuse a move too many.

        Raises:
            LimitExceeded: as many as a trial may have were made.
        """
        if len(self.moves) >= MAX_MOVES:
            raise LimitExceeded(_("试运行最多 %(n)s 步，请重新开始。", n=MAX_MOVES))


def sign(state: State, *, draft_id: int, user_id: int) -> str:
    """A state as a text that nobody can change."""
    body = {
        "draft": draft_id,
        "user": user_id,
        "at": state.started_at.isoformat(),
        "moves": [asdict(move) for move in state.moves],
    }
    return str(_signer().dumps(body))


def read(text: str, *, draft_id: int, user_id: int) -> State:
    """The state in such a text.

    Raises:
        MoveRefused: not signed here, for another user or another draft.
    """
    try:
        body = _signer().loads(text)
    except BadData as error:
        raise MoveRefused(_("页面已失效，请重新开始试运行。")) from error
    if body["draft"] != draft_id or body["user"] != user_id:
        raise MoveRefused(_("页面已失效，请重新开始试运行。"))
    moves = tuple(Move(**one) for one in body["moves"])
    return State(datetime.fromisoformat(body["at"]), moves)


def form_at(
    trial: Trial, activity: str, ordinal: int
) -> tuple[FormDefinition | None, Mapping[str, Any]]:
    """The form to begin with, or of what waits there, and what it may look at."""
    if not trial.started:
        found = (one.form for one in trial.beginnings() if one.activity == activity)
        return next(found, None), {}
    for one in trial.waiting():
        if (one.wait.activity, one.ordinal) == (activity, ordinal):
            return one.form, one.context
    return None, {}


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="trial")
