"""A.4, A.5: opinions are sealed in a chain; a printed 审批单 can be held against them by anybody."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from bpmn.yacht import story
from engine import ids
from engine.errors import NotFound
from processes.casefile import opinions, sealing
from processes.desk import approval_form, printed_forms
from processes.model.cases import Case, Opinion, OpinionChain
from processes.model.documents import PrintedForm
from processes.play import Play, PlayedCase


def said(case: PlayedCase) -> list[Opinion]:
    return case.play.run(lambda session: list(opinions.of_case(session, case.id)))


def examined(case: PlayedCase) -> sealing.Examined:
    def look(session: Session) -> sealing.Examined:
        found = opinions.of_case(session, case.id)
        return sealing.examine(session, session.get_one(Case, case.id), found)

    return case.play.run(look)


def printed(case: PlayedCase) -> tuple[str, bytes]:
    """The code on a form printed now, and its file."""
    by = case.play.user("approver")
    content = case.play.run(lambda session: approval_form.pdf(session, case.id, by=by))[1]
    query = select(PrintedForm.code).order_by(PrintedForm.printed_at.desc(), PrintedForm.code)
    return str(case.play.run(lambda session: session.scalars(query).first())), content


def tampered(case: PlayedCase, *statements: Any) -> None:
    """As whoever owns the schema, and has not the key, can."""
    with case.play.session() as session:
        for name in ("opinion_keeps_values", "opinion_keeps_rows"):
            session.execute(text(f"DROP TRIGGER {name}"))
        for one in statements:
            session.execute(one)
        session.commit()


@pytest.fixture
def case(play: Play) -> PlayedCase:
    made = story.applied(play)
    story.accept(made)
    story.review(made)
    return made


def test_each_opinion_covers_the_one_before(case: PlayedCase) -> None:
    found = said(case)
    assert [one.position for one in found] == [1, 2, 3]
    assert [one.link for one in found] == [*examined(case).links]
    assert len({one.link for one in found}) == 3
    assert examined(case).whole


@pytest.mark.parametrize("which", [0, 1])
def test_an_opinion_taken_out_is_found(case: PlayedCase, which: int) -> None:
    gone, after = said(case)[which], said(case)[which + 1]
    tampered(case, delete(Opinion).where(Opinion.id == gone.id))
    found = examined(case)
    assert (found.gaps, found.altered) == ({after.id}, set())
    assert found.faults == ["1 处意见被删除、插入或调换"]


def test_the_last_opinion_taken_away_is_found(case: PlayedCase) -> None:
    tampered(case, delete(Opinion).where(Opinion.id == said(case)[-1].id))
    assert examined(case).short
    before = said(case)[-1]
    values = {"length": before.position, "head": before.link}
    with case.play.session() as session:
        session.execute(update(OpinionChain).where(OpinionChain.case_id == case.id).values(values))
        session.commit()
    assert examined(case).faults == ["末尾的意见被删除"], "the end is sealed with the key too"


@pytest.mark.parametrize("kept", ["as given", "without hashes"])
def test_an_opinion_put_in_is_found(case: PlayedCase, kept: str) -> None:
    first = said(case)[0]
    names = [column.key for column in Opinion.__table__.columns]
    row = {name: getattr(first, name) for name in names}
    row |= {"id": ids.next_id(), "text": "从未说过的话"}
    if kept == "without hashes":
        row |= {"digest": None, "position": None, "link": None, "seal": None}
    tampered(case, insert(Opinion).values(row))
    assert not examined(case).whole
    assert examined(case).gaps


def test_two_opinions_that_changed_places_are_found(case: PlayedCase) -> None:
    one, other = said(case)[1:]
    names = ("position", "link", "seal")
    mine, its = ({name: getattr(row, name) for name in names} for row in (one, other))
    change = update(Opinion)
    tampered(
        case,
        change.where(Opinion.id == one.id).values(its),
        change.where(Opinion.id == other.id).values(mine),
    )
    assert not examined(case).whole


def test_opinions_from_before_there_were_chains_keep_their_seal_and_are_covered(
    play: Play,
) -> None:
    case = story.applied(play)
    story.accept(case)
    before = {one.id: sealing._sealed(str(one.digest), None) for one in said(case)}
    tampered(
        case,
        update(Opinion).values(position=None, link=None),
        *(update(Opinion).where(Opinion.id == key).values(seal=one) for key, one in before.items()),
        delete(OpinionChain),
    )
    assert examined(case).whole
    story.review(case)
    assert [one.position for one in said(case)] == [None, None, 3]
    assert examined(case).whole
    with play.session() as session:
        session.execute(delete(Opinion).where(Opinion.id == said(case)[0].id))
        session.commit()
    assert examined(case).gaps == {said(case)[-1].id}


def test_a_printed_form_is_held_against_its_case_by_code_and_by_file(case: PlayedCase) -> None:
    code, content = printed(case)
    for look, given in ((printed_forms.by_code, code), (printed_forms.by_file, content)):
        ask: Callable[[Session, Any], printed_forms.Checked] = look
        found = case.play.run(lambda session, ask=ask, given=given: ask(session, given))
        assert found.whole
        assert (found.reference, found.opinions, found.later) == (case.row.reference, 3, 0)
        assert [one.digest for one in found.lines] == [one.digest for one in said(case)]
        assert found.head == said(case)[-1].link


def test_what_was_said_since_does_not_change_what_the_paper_is_worth(case: PlayedCase) -> None:
    code, _content = printed(case)
    story.approve(case)
    found = case.play.run(lambda session: printed_forms.by_code(session, code))
    assert found.whole
    assert found.later >= 1


def test_a_paper_whose_opinions_were_changed_says_which(case: PlayedCase) -> None:
    code, _content = printed(case)
    changed = said(case)[1]
    tampered(case, update(Opinion).where(Opinion.id == changed.id).values(text="从未说过的话"))
    found = case.play.run(lambda session: printed_forms.by_code(session, code))
    assert [one.fault for one in found.lines] == ["", "已被改动", ""]
    assert found.faults == ["1 条意见已被改动"]


def test_a_code_or_a_file_of_nobody_is_not_found(play: Play) -> None:
    with pytest.raises(NotFound):
        play.run(lambda session: printed_forms.by_code(session, "2" * 16))
    with pytest.raises(NotFound):
        play.run(lambda session: printed_forms.by_file(session, b"%PDF-1.4 nothing"))
