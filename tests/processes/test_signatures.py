"""A.4 手写签名: the image a user signs with, and the content hash of what was signed."""

import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, text, update

from bpmn.yacht import story
from forms.errors import FormInvalid
from processes.casefile import opinions, sealing, signatures
from processes.desk import approval_form
from processes.documents import files
from processes.model.cases import Opinion
from processes.model.people import UserSignature
from processes.play import Play, PlayedCase


def picture(colour: str = "black", size: tuple[int, int] = (240, 80)) -> bytes:
    """A PNG with nothing but a transparent ground and one stroke."""
    drawn = Image.new("RGBA", size, (0, 0, 0, 0))
    drawn.paste(colour, (20, 38, size[0] - 20, 42))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def sign(play: Play, login: str, content: bytes) -> str:
    """Make a picture somebody's signature; its SHA-256."""
    by = play.user(login)

    def work(session):
        row = files.store(session, content, by=by.id)
        facts = {"file": row.sha256, "name": "签名.png", "size": row.size, "type": row.content_type}
        signatures.keep(session, {"signature": facts}, by=by)
        return row.sha256

    return play.run(work)


def said(case: PlayedCase) -> list[Opinion]:
    with case.play.session() as session:
        return list(opinions.of_case(session, case.id))


def printed(case: PlayedCase, to: Path) -> tuple[str, list[str]]:
    """The text of the approval form without its blanks, and the list of its pictures."""
    by = case.play.user("approver")
    content = case.play.run(lambda session: approval_form.pdf(session, case.id, by=by))[1]
    to.write_bytes(content)

    def told(*command: str) -> str:
        return subprocess.run(command, capture_output=True, check=True).stdout.decode()

    flat = "".join(told("pdftotext", "-layout", str(to), "-").split())
    return flat, told("pdfimages", "-list", str(to)).splitlines()[2:]


def test_an_opinion_keeps_the_signature_of_its_time(play: Play) -> None:
    """手写签名"""
    case = story.applied(play)
    story.accept(case)
    first = sign(play, "reviewer", picture())
    story.review(case)
    second = sign(play, "reviewer", picture("blue"))
    accepted, reviewed = said(case)[-2:]
    assert (accepted.by_name, accepted.signature) == ("受理人", None)
    assert (reviewed.by_name, reviewed.signature) == ("审核人", first)
    with play.session() as session:
        assert [one.file for one in signatures.history(session, by=play.user("reviewer"))] == [
            second,
            first,
        ]


def test_the_form_shows_the_signature_and_the_hash_of_each_opinion(play: Play, tmp_path) -> None:
    case = story.applied(play)
    sign(play, "acceptor", picture())
    story.accept(case)
    story.review(case)
    flat, pictures = printed(case, tmp_path / "form.pdf")
    assert len(pictures) == 1
    assert all(half in flat for one in said(case) for half in (one.digest[:32], one.digest[32:]))
    assert "3条意见与签署时一致，无增无减" in flat
    assert approval_form.ALTERED not in flat


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "同意发证"},
        {"decision": "不予受理"},
        {"by_name": "他人"},
        {"activity_name": "他处"},
        {"action": "passed"},
        {"signature": "0" * 64},
        {"attachments": "0" * 64},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"true_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_tampered_opinion_is_told(play: Play, tmp_path, changed: dict[str, object]) -> None:
    case = story.applied(play)
    story.accept(case)
    one = said(case)[-1]
    assert not sealing.altered(one, case.row.reference)
    with play.session() as session:  # who owns the schema can
        session.execute(text("DROP TRIGGER opinion_keeps_values"))
        session.execute(update(Opinion).where(Opinion.id == one.id).values(changed))
        session.commit()
    assert sealing.altered(said(case)[-1], case.row.reference)
    if "signature" not in changed:  # there is no such file to print
        assert "经核验，1条意见已被改动" in printed(case, tmp_path / "form.pdf")[0]


def test_whoever_changes_an_opinion_and_its_hash_in_the_database_is_found(play: Play) -> None:
    """A.4: the hash is sealed with a key that is not in the database."""
    case = story.applied(play)
    story.accept(case)
    one = said(case)[-1]
    with play.session() as session:
        session.execute(text("DROP TRIGGER opinion_keeps_values"))
        one.text = "从未说过的话"
        forged = {"text": one.text, "digest": sealing.digest(one, case.row.reference)}
        session.execute(update(Opinion).where(Opinion.id == one.id).values(forged))
        session.commit()
    found = said(case)[-1]
    assert found.digest == sealing.digest(found, case.row.reference)
    assert sealing.altered(found, case.row.reference)
    with play.session() as session:
        session.execute(update(Opinion).where(Opinion.id == one.id).values(digest=None))
        session.commit()
    assert sealing.altered(said(case)[-1], case.row.reference), "a hash taken away shows too"


def test_an_opinion_of_another_case_is_told(play: Play) -> None:
    case = story.applied(play)
    assert sealing.altered(said(case)[-1], "00000000")


def test_a_signature_taken_away_signs_no_more_but_stays_on_what_it_signed(play: Play) -> None:
    case = story.applied(play)
    digest = sign(play, "acceptor", picture())
    story.accept(case)
    by = play.user("acceptor")
    play.run(lambda s: signatures.remove(s, by=by))
    play.run(lambda s: signatures.remove(s, by=by))
    with play.session() as session:
        assert signatures.valid(session, by.id) is None
        rows = session.scalars(select(UserSignature.sha256).order_by(UserSignature.id)).all()
    assert rows == [digest, None]
    assert said(case)[-1].signature == digest


def test_the_same_picture_again_is_no_new_signature(play: Play) -> None:
    sign(play, "acceptor", picture())
    sign(play, "acceptor", picture())
    with play.session() as session:
        assert len(signatures.history(session, by=play.user("acceptor"))) == 1


@pytest.mark.parametrize("content", [b"%PDF-1.4 none", picture()[:60], picture(size=(4001, 41))])
def test_what_cannot_be_printed_is_no_signature(play: Play, content: bytes) -> None:
    with pytest.raises(FormInvalid) as refused:
        sign(play, "acceptor", content)
    assert set(refused.value.errors) == {"signature"}


def test_time_moves_nothing_in_the_hash(play: Play) -> None:
    case = story.applied(play)
    before = said(case)[0].digest
    play.passes(days=30)
    one = said(case)[0]
    assert one.digest == before == sealing.digest(one, case.row.reference)
