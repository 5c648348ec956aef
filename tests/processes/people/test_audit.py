import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from processes.identity import audit, tokens
from processes.model.people import AuditEvent
from processes.model.tokens import ApiToken
from tests.processes.people.cast import People


@pytest.fixture
def trail(session: Session, people: People) -> Session:
    clerk = people.user("acceptor", "licence_acceptor")
    with audit.origin("10.0.0.7"):
        for number in range(1, 6):
            audit.record(session, "task.completed", by=clerk, subject=("task", number))
    audit.record(session, "deployment.created", by="system")
    return session


def test_an_untouched_trail_verifies(trail: Session) -> None:
    assert audit.verify(trail) is None
    first = trail.query(AuditEvent).order_by(AuditEvent.sequence, AuditEvent.agency).first()
    assert first is not None
    assert first.address == "10.0.0.7"


@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("update audit_event set detail = 'x' where agency = '370001' and sequence = 3", 3),
        ("update audit_event set actor = '1' where agency = '370001' and sequence = 1", 1),
        ("delete from audit_event where agency = '370001' and sequence = 2", 2),
        ("delete from audit_event where agency = '370001' and sequence = 5", 5),
        ("update audit_event set at = '2020-01-01' where agency = '370001' and sequence = 4", 4),
    ],
)
def test_verify_names_the_first_bad_row(trail: Session, statement: str, sequence: int) -> None:
    for guard in ("rows", "values"):  # whoever owns the database can do even that
        trail.execute(text(f"DROP TRIGGER audit_event_keeps_{guard}"))
    trail.execute(text(statement))
    broken = audit.verify(trail)
    assert broken is not None
    assert (broken.agency, broken.sequence) == ("370001", sequence)


def test_a_row_cannot_be_changed_through_the_program(trail: Session) -> None:
    row = trail.query(AuditEvent).first()
    assert row is not None
    row.detail = "x"
    with pytest.raises(RuntimeError, match="append-only"):
        trail.flush()


def test_a_rolled_back_command_leaves_no_gap(trail: Session, people: People) -> None:
    clerk = people.user("other", "licence_acceptor")
    trail.commit()
    audit.record(trail, "task.claimed", by=clerk)
    trail.rollback()
    audit.record(trail, "task.claimed", by=clerk)
    trail.commit()
    assert audit.verify(trail) is None


def test_a_command_whose_audit_cannot_be_written_fails_as_a_whole(
    session: Session, people: People
) -> None:
    """Rule 32."""
    clerk = people.user("clerk", "licence_acceptor")
    session.commit()
    session.execute(
        text(
            "CREATE TRIGGER disk_is_full BEFORE INSERT ON audit_event"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    )
    with pytest.raises(DBAPIError, match="no room"):
        tokens.issue(session, clerk.id, by=clerk)
    session.rollback()
    assert session.scalars(select(ApiToken)).all() == []
