"""Reading the audit trail: who sees which chain, what is found, and what verifying one says."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from processes.identity import audit
from processes.identity.identity import User
from processes.people import trail
from processes.people.trail import Asked
from tests.processes.people.cast import People


@pytest.fixture
def written(session: Session, people: People) -> Session:
    """Rows of two offices below the ministry, of another tree, and of nobody's."""
    for login, org in (("a", "370001"), ("b", "320002"), ("c", "900001")):
        clerk = people.user(login, "licence_acceptor" if login != "c" else "card_maker", org=org)
        for number in range(3):
            audit.record(session, "task.completed", by=clerk, subject=("task", number))
        audit.record(session, "list.exported", by=clerk, detail="用户 110105194912310021")
    audit.record(session, "user.created", by="system", subject=("user", 1))
    return session


def auditor(people: People, org: str = "370001") -> User:
    return people.user("auditor", "audit_admin", org=org)


def seen(session: Session, by: User, **asked: object) -> list[tuple[str, int]]:
    found = trail.rows(session, Asked(**asked), by=by, limit=50)  # type: ignore[arg-type]
    return [(one.row.agency, one.row.sequence) for one in found]


@pytest.mark.parametrize(
    ("org", "agencies"),
    [
        ("370001", {"370001"}),
        ("320002", {"320002"}),
        ("900001", {"900001"}),
        ("000001", {"370001", "320002", "system"}),
    ],
)
def test_an_auditor_sees_the_chains_of_his_area_and_from_the_top_those_of_nobody(
    written: Session, people: People, org: str, agencies: set[str]
) -> None:
    by = auditor(people, org)
    assert {agency for agency, _sequence in seen(written, by)} == agencies
    assert {one.agency for one in trail.chains(written, by)} == agencies
    for agency in {"370001", "320002", "900001", "system"} - agencies:
        assert seen(written, by, agency=agency) == []
        with pytest.raises(NotFound):
            trail.verified(written, agency, by=by)


def test_whoever_may_not_read_the_audit_sees_no_row(written: Session, people: People) -> None:
    assert seen(written, people.user("other", "system_admin", org="000001")) == []


def test_a_row_outside_the_area_does_not_exist(written: Session, people: People) -> None:
    top, below = auditor(people, "000001"), people.user("near", "audit_admin", org="320002")
    (line,) = trail.rows(written, Asked(agency="370001"), by=top, limit=1)
    assert trail.row(written, line.row.id, by=top).actor == line.actor
    with pytest.raises(NotFound):
        trail.row(written, line.row.id, by=below)


@pytest.mark.parametrize("agency", ["370001", ""])
def test_pages_hold_each_row_once_the_last_written_first(
    written: Session, people: People, agency: str
) -> None:
    by, found = auditor(people, "000001"), []
    after = None
    while page := trail.rows(written, Asked(agency=agency, after=after), by=by, limit=2):
        found += [one.row for one in page]
        after = getattr(found[-1], trail.place(Asked(agency=agency)).key)
    at = [one.sequence if agency else one.id for one in found]
    assert at == sorted(set(at), reverse=True)
    assert len(found) == trail.count(written, Asked(agency=agency), by=by) == (4 if agency else 9)


def test_rows_are_found_by_who_what_object_and_day(written: Session, people: People) -> None:
    by, today = auditor(people, "000001"), clock.today()
    assert len(seen(written, by, who="a")) == 4
    assert seen(written, by, who="nobody there") == []
    assert seen(written, by, who="system") == [("system", 1)]
    assert len(seen(written, by, what="list.exported")) == 2
    assert len(seen(written, by, of="2")) == 2
    assert len(seen(written, by, since=today, until=today)) == 9
    assert seen(written, by, since=today + timedelta(days=1)) == []
    assert seen(written, by, until=today - timedelta(days=1)) == []


def test_an_account_is_an_object_by_its_login_name(written: Session, people: People) -> None:
    clerk = people.user("looked_at", "licence_acceptor")
    audit.record(written, "user.locked", by=clerk, subject=("user", clerk.id))
    (line,) = trail.rows(written, Asked(of="looked_at"), by=auditor(people), limit=9)
    assert line.subject == clerk.name


def test_long_numbers_in_the_words_of_a_row_are_masked() -> None:
    told = trail.masked("用户 110105194912310021，电话 13800000001，第 3 页，共 200 行")
    assert told == "用户 1101**********0021，电话 13*******01，第 3 页，共 200 行"
    digest = "3f2504e04f8911d39a0c0305e82c33010000000"
    assert trail.masked(digest) == digest


def test_verifying_a_chain_is_on_record_and_names_the_first_bad_row(
    written: Session, people: People
) -> None:
    by = auditor(people, "000001")
    assert trail.last_verification(written, "370001") is None
    assert trail.verified(written, "370001", by=by) is None
    kept = trail.last_verification(written, "370001")
    assert kept is not None
    assert (kept.action, kept.result, kept.detail) == ("audit.verified", "done", "4 条")
    for guard in ("rows", "values"):  # whoever owns the database can do even that
        written.execute(text(f"DROP TRIGGER audit_event_keeps_{guard}"))
    written.execute(
        text("update audit_event set detail = 'x' where agency = '370001' and sequence = 2")
    )
    written.expire_all()
    broken = trail.verified(written, "370001", by=by)
    assert broken is not None
    assert broken.sequence == 2
    kept = trail.last_verification(written, "370001")
    assert kept is not None
    assert (kept.result, kept.detail) == ("failed", "第 2 条：记录被改动")
    assert [audit.follows(written, "370001", n) for n in (1, 2, 3, 4, 5)] == [
        True, False, True, True, False,
    ]  # fmt: skip
    assert audit.verify_heads(written, "370001") is None
    assert trail.verified(written, "320002", by=by) is None
