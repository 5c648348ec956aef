"""The steps of explosives training, for the tests of its processes: who fills in what."""

import io
from typing import Any, Final

from PIL import Image

from processes import files, registers
from processes.play import Play, PlayedCase

PERSON: Final = "expl_person_approval"
ID_NO: Final = "370902198001010019"


def photo(play: Play) -> dict[str, Any]:
    """A portrait handed in."""
    written = io.BytesIO()
    Image.new("RGB", (350, 450), "white").save(written, "PNG")
    stored = play.run(lambda session: files.store(session, written.getvalue(), by=None))
    return {
        "file": stored.sha256,
        "name": "照片.png",
        "size": len(written.getvalue()),
        "type": stored.content_type,
    }


def person(play: Play, **changes: Any) -> dict[str, Any]:
    """The answers of an enterprise that enters one of its people; changes on top."""
    return {
        "person_action": "new",
        "name": "安全员",
        "id_no": ID_NO,
        "sex": "male",
        "birth_date": "1980-01-01",
        "photo": photo(play),
        "post": "安全科科长",
        "qualification_kind": "safety_manager",
        "phone": "13900000001",
        **changes,
    }


def entered(play: Play, *, as_: str = "expl_enterprise", **changes: Any) -> PlayedCase:
    """A person entered, waiting for the province."""
    return play.apply(PERSON, as_=as_, **person(play, **changes))


def approved(play: Play, **changes: Any) -> str:
    """A person entered and approved; returns the number."""
    case = entered(play, **changes)
    case.complete("approve", as_="expl_province", decision="approve")
    return str(case.variables["person_no"])


def record(play: Play, register: str, key: object) -> dict[str, Any]:
    """What a ledger says now."""
    found = play.run(lambda session: registers.get(session, register, str(key)))
    return {**found.values, "status": found.status}
