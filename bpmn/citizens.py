"""People of the public in the tests of processes: they come by the unified identity."""

from typing import Any

from adapters._simulators.citizens import CITIZENS
from processes.casework import applications
from processes.identity.identity import User
from processes.play import Play, PlayedCase
from processes.public import citizens


def citizen(play: Play, subject: str = "p1001", **claims: Any) -> User:
    """Somebody of the demo's people, logged in; `claims` on top of what is said of him."""
    told = {**CITIZENS[subject], **claims, "sub": subject}
    return play.run(lambda session: citizens.enter(session, issuer="test", claims=told))


def came(play: Play, key: str, by: User, *, channel: str = "portal", **answers: Any) -> PlayedCase:
    """An application of his, by a channel."""
    made = play.run(
        lambda session: applications.apply(session, key, by=by, answers=answers, channel=channel).id
    )
    play.drain()
    return PlayedCase(play, made)


def begun(play: Play, key: str, by: User, *, channel: str = "portal", **given: Any) -> PlayedCase:
    """A process that others call, begun by itself with what they would give it."""
    one = by.citizen
    if one is None:
        raise ValueError("somebody of the public is wanted")
    applicant = {"user": str(by.id), "name": one.name, "id_no": one.number, "party": one.kind}
    applicant |= {"handler": one.handler, "level": one.level}
    known = {"applicant": applicant, "channel": channel}
    case = play.start(key, **{**known, "case_title": "二手房转移登记", **given})
    play.drain()
    return case
