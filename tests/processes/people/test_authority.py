from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import NotFound
from processes.identity import authority, identity
from processes.identity.authority import GrantRefused, Wanted
from processes.people import accounts
from tests.processes.people.cast import People, granted

ALL = frozenset({"training", "exam", "licence_issue"})


def wanted(grantor: str, grantee: str, *, delegate: bool, business: frozenset[str] = ALL) -> Wanted:
    return Wanted(grantor, grantee, "sea_yacht", business, delegate, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("grantor", "grantee", "delegate", "rule"),
    [
        ("000001", "370001", False, 2),
        ("000001", "320002", True, 4),
        ("370001", "370201", False, 8),
        ("320002", "370201", False, 9),
        ("000001", "370201", False, 10),
        ("370201", "370202", False, 10),
        ("310001", "370201", False, 7),
    ],
)
def test_the_delegation_table_refuses_by_rule(
    session: Session, grantor: str, grantee: str, delegate: bool, rule: int
) -> None:
    with pytest.raises(GrantRefused) as refused:
        authority.grant(session, wanted(grantor, grantee, delegate=delegate), by="system")
    assert refused.value.rule == rule


def test_headquarters_grants_direct_and_local_bureaus(session: Session) -> None:
    granted(session, "000001", "370001", may_delegate=True)
    granted(session, "000001", "320002")
    assert authority.has_grant(session, "370001", "licence_issue", "sea_yacht")
    assert authority.has_grant(session, "320002", "exam", "sea_yacht")
    assert not authority.has_grant(session, "370001", "licence_issue", "inland_yacht")


def test_a_branch_gets_no_more_than_its_bureau_holds_and_passes_nothing_on(
    session: Session,
) -> None:
    granted(session, "000001", "370001", may_delegate=True, business={"licence_issue"})
    with pytest.raises(GrantRefused) as more:
        authority.grant(session, wanted("370001", "370201", delegate=False), by="system")
    assert more.value.rule == 8
    only = frozenset({"licence_issue"})
    with pytest.raises(GrantRefused) as further:
        authority.grant(
            session, wanted("370001", "370201", delegate=True, business=only), by="system"
        )
    assert further.value.rule == 6
    authority.grant(session, wanted("370001", "370201", delegate=False, business=only), by="system")
    assert [org.org_code for org in authority.orgs_with_grant(session, "licence_issue")] == [
        "370001",
        "370201",
    ]


def test_revoking_a_grant_revokes_those_that_rest_on_it(session: Session, people: People) -> None:
    root = granted(session, "000001", "370001", may_delegate=True)
    granted(session, "370001", "370201")
    granted(session, "370001", "370202")
    admin = people.user("hq_admin", "system_admin", org="000001")
    assert len(authority.revoke(session, root, by=admin, reason="停办")) == 3
    assert not authority.has_grant(session, "370201", "licence_issue")
    with pytest.raises(NotFound):
        authority.revoke(session, root, by=admin, reason="再次")


def test_a_role_needs_the_business_of_its_agency_first(session: Session) -> None:
    with pytest.raises(GrantRefused, match="没有『游艇驾驶证签发』业务授权"):
        authority.require_business(session, "licence_approver", "370001")
    granted(session, "000001", "370001", may_delegate=True)
    authority.require_business(session, "licence_approver", "370001")
    authority.require_business(session, "system_admin", "320002")


def test_an_administrator_gives_a_role_only_after_the_grant(
    session: Session, people: People
) -> None:
    account = people.account("approver", org="370201")
    with pytest.raises(GrantRefused):
        accounts.grant_role(session, account, "licence_approver", org_code="370201")
    granted(session, "000001", "370001", may_delegate=True)
    granted(session, "370001", "370201")
    accounts.grant_role(session, account, "licence_approver", org_code="370201")
    assert identity.user(session, account.id).groups == {"licence_approver@370201"}


def test_a_grant_holds_within_its_dates(session: Session) -> None:
    one = Wanted("000001", "370001", "sea_yacht", ALL, True, date(2026, 3, 1), date(2026, 3, 31))
    authority.grant(session, one, by="system")
    days = {day: authority.has_grant(session, "370001", "exam", on=day) for day in (
        date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)
    )}  # fmt: skip
    assert list(days.values()) == [False, True, True, False]
    assert len(authority.expire(session, date(2026, 4, 1))) == 1
    with clock.travel(clock.now() + timedelta(days=1)):
        assert not authority.has_grant(session, "370001", "exam")
