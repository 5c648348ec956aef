import threading
from datetime import date, timedelta

import pytest
from argon2 import Type, extract_parameters
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from processes import settings
from processes.identity import identity
from processes.identity.identity import Attempt, LoginLocked, LoginRefused
from processes.model.people import AuditEvent, LoginFailure
from processes.people import accounts
from tests.plugin import STRONG
from tests.processes.people.cast import PASSWORD, People
from web.database import Database


def attempt(session: Session, login: str, password: str, *, address: str = "") -> Attempt:
    """One try as the log-in page makes it."""
    locked = identity.reserve(session, login, address=address)
    if locked:
        return Attempt(refusal=locked)
    return identity.attempt(session, login, password, address=address)


@pytest.fixture
def acceptor(session: Session, people: People) -> int:
    account = people.account("acceptor", "licence_acceptor", name="受理人")
    accounts.set_password(session, account, PASSWORD)
    return account.id


def test_the_right_password_gives_the_user_with_groups(session: Session, acceptor: int) -> None:
    user = identity.authenticate(session, " Acceptor ", PASSWORD)
    assert (user.id, user.org_name) == (acceptor, "山东海事局")
    assert user.groups == {"licence_acceptor@370001"}
    assert user.path("370001") == "/000001/370001/"


def test_a_password_is_never_stored(session: Session, acceptor: int) -> None:
    stored = session.get_one(identity.UserAccount, acceptor)
    assert stored.password_hash.startswith("$argon2id$")
    assert PASSWORD not in stored.password_hash


def test_the_product_hashes_as_rfc_9106_advises_where_memory_is_short() -> None:
    used = extract_parameters(STRONG.hash(PASSWORD))
    assert (used.type, used.time_cost, used.parallelism) == (Type.ID, 3, 4)
    assert used.memory_cost == 64 * 1024  # KiB


def test_wrong_name_and_wrong_password_are_refused_in_the_same_words(
    session: Session, acceptor: int
) -> None:
    messages = set()
    for login, password in (("acceptor", "wrong"), ("nobody", PASSWORD)):
        with pytest.raises(LoginRefused) as refused:
            identity.authenticate(session, login, password)
        messages.add(refused.value.message)
    assert len(messages) == 1


def test_five_failures_lock_the_account_for_fifteen_minutes(
    session: Session, acceptor: int
) -> None:
    for _ in range(4):
        assert not isinstance(attempt(session, "acceptor", "wrong").refusal, LoginLocked)
    assert isinstance(attempt(session, "acceptor", "wrong").refusal, LoginLocked)
    locked = attempt(session, "acceptor", PASSWORD).refusal
    assert isinstance(locked, LoginLocked)
    assert "15 分钟" in locked.message
    with clock.travel(timedelta(minutes=15, seconds=1)):
        assert attempt(session, "acceptor", PASSWORD).user is not None


def test_tries_at_the_same_moment_are_all_counted_and_none_is_made_beyond_the_fifth(
    database: Database,
) -> None:
    barrier, tried = threading.Barrier(8), []

    def once() -> None:
        barrier.wait()
        tried.append(database.run(identity.reserve, "acceptor"))

    threads = [threading.Thread(target=once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(one is None for one in tried) == settings.current().lock_failures
    assert sum(isinstance(one, LoginLocked) for one in tried) == 3
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 5


def test_a_right_password_forgets_the_failures_before_it(session: Session, acceptor: int) -> None:
    for _ in range(2):
        for _ in range(3):
            attempt(session, "acceptor", "wrong")
        assert attempt(session, "acceptor", PASSWORD).user is not None


def test_each_log_in_and_each_refusal_is_in_the_audit_trail(
    session: Session, acceptor: int
) -> None:
    attempt(session, "acceptor", "wrong", address="10.0.0.7")
    attempt(session, "nobody", PASSWORD)
    attempt(session, "acceptor", PASSWORD)
    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(row.action, row.actor, row.address) for row in rows] == [
        ("login.refused", str(acceptor), "10.0.0.7"),
        ("login.refused", "anonymous", ""),
        ("login.accepted", str(acceptor), ""),
    ]
    assert "nobody" not in repr([row.detail for row in rows])


def test_a_closed_account_and_one_whose_time_is_over_cannot_log_in(
    session: Session, acceptor: int
) -> None:
    account = session.get_one(identity.UserAccount, acceptor)
    account.valid_to = clock.today() - timedelta(days=1)
    assert attempt(session, "acceptor", PASSWORD).user is None
    account.valid_to = None
    accounts.close_account(session, account)
    assert attempt(session, "acceptor", PASSWORD).user is None


@pytest.mark.parametrize(
    ("password", "words"),
    [("short1A", "至少 10 位"), ("aaaaaaaaaaaa", "至少 2 类"), ("acceptor-12345", "用户名")],
)
def test_a_weak_password_is_refused_with_the_reason(
    session: Session, people: People, password: str, words: str
) -> None:
    account = people.account("acceptor")
    with pytest.raises(accounts.PasswordRefused, match=words):
        accounts.set_password(session, account, password)


def test_a_session_ends_when_idle_when_old_and_when_revoked(
    session: Session, acceptor: int
) -> None:
    token = identity.open_session(session, acceptor, address="127.0.0.1")
    assert identity.session_user(session, token) is not None
    with clock.travel(timedelta(minutes=15)):
        assert identity.session_user(session, token) is None
    start = clock.now()
    for minutes in range(10, 8 * 60, 10):
        with clock.travel(start + timedelta(minutes=minutes)):
            assert identity.session_user(session, token) is not None
    with clock.travel(start + timedelta(hours=8)):
        assert identity.session_user(session, token) is None
    other = identity.open_session(session, acceptor)
    identity.revoke_sessions(session, acceptor)
    session.expire_all()
    assert identity.session_user(session, other) is None
    assert identity.session_user(session, "invented") is None


def test_the_token_of_a_session_is_not_in_the_database(session: Session, acceptor: int) -> None:
    token = identity.open_session(session, acceptor)
    assert session.get(identity.AuthSession, token) is None


def test_a_new_password_ends_the_sessions(session: Session, acceptor: int) -> None:
    token = identity.open_session(session, acceptor)
    account = session.get_one(identity.UserAccount, acceptor)
    accounts.set_password(session, account, "Another-Horse-9")
    session.expire_all()
    assert identity.session_user(session, token) is None


def test_a_role_holds_only_within_its_dates(session: Session, people: People) -> None:
    account = people.account("reviewer")
    accounts.assign_role(
        session,
        account,
        "licence_reviewer",
        org_code="370001",
        valid_from=date(2026, 3, 1),
        valid_to=date(2026, 3, 31),
    )
    for day, groups in (
        ("2026-02-28T10:00:00+08:00", frozenset()),
        ("2026-03-31T23:00:00+08:00", frozenset({"licence_reviewer@370001"})),
        ("2026-04-01T00:30:00+08:00", frozenset()),
    ):
        with clock.travel(clock.datetime.fromisoformat(day)):
            assert identity.user(session, account.id).groups == groups


def test_two_accounts_of_one_person_share_the_person_key(session: Session, people: People) -> None:
    first = people.user("first", id_no="11010519491231002x")
    second = people.user("second", id_no=" 11010519491231002X")
    assert first.person_key == second.person_key
    assert first.person_key != people.user("third").person_key
    assert "1949" not in first.person_key


def test_one_person_is_never_two_of_the_three_administrators(
    session: Session, people: People
) -> None:
    people.account("admin", "system_admin", id_no="11010519491231002X")
    with pytest.raises(accounts.AccountRefused, match="不能兼任"):
        people.account("auditor", "audit_admin", id_no="11010519491231002X")


def test_a_login_name_is_taken_once(session: Session, people: People) -> None:
    people.account("acceptor")
    with pytest.raises(accounts.AccountRefused):
        people.account(" ACCEPTOR ")


def test_users_in_groups_are_the_active_holders(session: Session, people: People) -> None:
    first, second = (people.account(name, "card_maker", org="900001") for name in ("m1", "m2"))
    people.account("other", "card_prechecker", org="900001")
    assert identity.users_in_groups(session, ["card_maker@900001"]) == [first.id, second.id]
    accounts.close_account(session, second)
    assert identity.users_in_groups(session, ["card_maker@900001"]) == [first.id]
    assert identity.users_in_groups(session, []) == []


def test_personal_columns_are_not_readable_in_the_database(
    session: Session, people: People
) -> None:
    account = people.account("acceptor", id_no="11010519491231002X")
    raw = session.connection().exec_driver_sql("select id_no from user_account").scalar_one()
    assert b"19491231" not in raw
    session.expire(account)
    assert account.id_no == "11010519491231002X"


def test_a_short_master_key_stops_the_start(configured: settings.Settings) -> None:
    with pytest.raises(ValueError, match="master key"):
        settings.Settings(home=configured.home, secret_key="short")
