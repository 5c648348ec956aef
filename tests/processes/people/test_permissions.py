import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import ids
from engine.errors import Forbidden, NotFound
from processes.identity import identity, organisations
from processes.identity.identity import User
from processes.model.cases import Case, Opinion
from processes.model.people import Org
from processes.people import accounts
from processes.rights import permissions
from processes.rights.permissions import Action, TaskFacts
from tests.processes.people.cast import People

LICENCE = "yacht_licence_issue"


def a_case(session: Session, org: str | None, key: str = LICENCE, **more: object) -> Case:
    made = Case(
        id=ids.next_id(),
        reference=f"Y{ids.next_id()}",
        query_code="1234",
        process_key=key,
        title="办件",
        org_code=org,
        **more,
    )
    session.add(made)
    session.flush()
    return made


def seen(session: Session, user: User) -> set[int]:
    return set(session.scalars(permissions.visible_cases(user)))


def test_a_clerk_sees_the_own_agency_and_those_below(session: Session, people: People) -> None:
    own, branch = a_case(session, "370001"), a_case(session, "370201")
    a_case(session, "310001")
    a_case(session, "000001")
    assert seen(session, people.user("acceptor", "licence_acceptor")) == {own.id, branch.id}
    assert seen(session, people.user("b", "licence_acceptor", org="370201")) == {branch.id}


def test_a_role_sees_only_the_cases_of_its_business(session: Session, people: People) -> None:
    a_case(session, "370001")
    training = a_case(session, "370001", "yacht_training_plan_filing")
    assert seen(session, people.user("plan", "training_plan_acceptor")) == {training.id}


def test_administrators_and_analysts_see_no_case_contents(session: Session, people: People) -> None:
    a_case(session, "370001")
    for role in ("system_admin", "process_analyst", "process_releaser", "audit_admin"):
        assert seen(session, people.user(role, role)) == set()


def test_an_applicant_sees_the_own_cases_and_a_clerk_those_of_the_unit(
    session: Session, people: People
) -> None:
    applicant = people.user("applicant", "applicant", org="club", kind="applicant")
    clerk = people.user("clerk", "org_clerk", org="club", kind="applicant")
    stranger = people.user("stranger", "applicant", org="club", kind="applicant")
    own = a_case(session, "370001", applicant_user=applicant.id)
    units = a_case(session, "370001", applicant_org="club", applicant_user=clerk.id)
    assert seen(session, applicant) == {own.id}
    assert seen(session, clerk) == {units.id}
    assert seen(session, stranger) == set()


def test_who_acted_in_a_case_goes_on_seeing_it(session: Session, people: People) -> None:
    maker = people.user("maker", "card_maker", org="900001")
    done = a_case(session, "370001")
    session.add(
        Opinion(case_id=done.id, activity="make", activity_name="制证", by=maker.id, by_name="x")
    )
    session.flush()
    assert seen(session, maker) == {done.id}
    with pytest.raises(Forbidden):
        permissions.case(session, done.id, by=maker, action=Action.TERMINATE_CASE)


def test_out_of_scope_looks_like_not_existing(session: Session, people: People) -> None:
    foreign = a_case(session, "310001")
    user = people.user("acceptor", "licence_acceptor")
    with pytest.raises(NotFound) as hidden:
        permissions.case(session, foreign.id, by=user)
    with pytest.raises(NotFound) as absent:
        permissions.case(session, 17, by=user)
    assert hidden.value.message == absent.value.message


def test_in_scope_without_the_right_is_forbidden(session: Session, people: People) -> None:
    own = a_case(session, "370001")
    user = people.user("acceptor", "licence_acceptor")
    assert permissions.case(session, own.id, by=user).id == own.id
    with pytest.raises(Forbidden):
        permissions.case(session, own.id, by=user, action=Action.TERMINATE_CASE)


def test_a_right_at_one_agency_is_none_at_another(session: Session, people: People) -> None:
    account = people.account("two", "licence_manager", org="370201")
    accounts.assign_role(session, account, "licence_acceptor", org_code="370202")
    user = identity.user(session, account.id)
    there, here = a_case(session, "370202"), a_case(session, "370201")
    permissions.case(session, here.id, by=user, action=Action.TERMINATE_CASE)
    with pytest.raises(Forbidden):
        permissions.case(session, there.id, by=user, action=Action.TERMINATE_CASE)


def test_scope_treats_wildcards_in_a_code_as_text(session: Session, people: People) -> None:
    organisations.create(session, "37_", name="通配", kind="msa_direct", parent_code="000001")
    a_case(session, "370001")
    assert seen(session, people.user("x", "licence_acceptor", org="37_")) == set()


def task(**more: object) -> TaskFacts:
    return TaskFacts(id=1, groups=frozenset({"licence_reviewer@370001"}), **more)  # type: ignore[arg-type]


def test_a_candidate_may_claim_and_a_stranger_does_not_see_the_task(
    session: Session, people: People
) -> None:
    reviewer = people.user("reviewer", "licence_reviewer")
    permissions.require(reviewer, Action.CLAIM_TASK, task())
    assert permissions.may_claim(reviewer, task())
    with pytest.raises(NotFound):
        permissions.require(
            people.user("b", "licence_reviewer", org="370201"), Action.CLAIM_TASK, task()
        )


def test_a_task_held_by_another_is_not_mine_to_complete(session: Session, people: People) -> None:
    reviewer = people.user("reviewer", "licence_reviewer")
    assert permissions.may_complete(reviewer, task(assignee=str(reviewer.id)))
    assert not permissions.may_complete(reviewer, task(assignee="99"))


def test_four_eyes_hold_for_the_person_over_all_accounts(session: Session, people: People) -> None:
    first = people.user("first", "licence_acceptor", id_no="11010519491231002X")
    second = people.user("second", "licence_reviewer", id_no="11010519491231002X")
    persons = permissions.person_keys(session, {"accept": {str(first.id)}, "x": {"system"}})
    facts = task(separation=frozenset({"accept"}), performers=persons)
    with pytest.raises(Forbidden, match="前序环节"):
        permissions.require(second, Action.COMPLETE_TASK, facts)
    assert permissions.may_claim(people.user("third", "licence_reviewer"), facts)


def test_an_applicant_never_handles_the_own_case(session: Session, people: People) -> None:
    reviewer = people.user("reviewer", "licence_reviewer")
    facts = task(applicant_persons=frozenset({reviewer.person_key}))
    with pytest.raises(Forbidden, match="申请人"):
        permissions.require(reviewer, Action.CLAIM_TASK, facts)


def test_only_the_holder_hands_a_task_over(session: Session, people: People) -> None:
    reviewer = people.user("reviewer", "licence_reviewer")
    permissions.require(reviewer, Action.TRANSFER_TASK, task(assignee=str(reviewer.id)))
    with pytest.raises(Forbidden):
        permissions.require(reviewer, Action.TRANSFER_TASK, task())


def test_an_administrator_manages_the_own_subtree_alone(session: Session, people: People) -> None:
    admin = people.user("admin", "system_admin")
    permissions.require(admin, Action.MANAGE_USERS, session.get_one(Org, "370201"))
    with pytest.raises(NotFound):
        permissions.require(admin, Action.MANAGE_USERS, session.get_one(Org, "310001"))
    with pytest.raises(Forbidden):
        permissions.require(
            people.user("a", "licence_acceptor"),
            Action.MANAGE_USERS,
            session.get_one(Org, "370001"),
        )


def test_releasing_a_model_is_not_for_its_analyst(session: Session, people: People) -> None:
    permissions.require(people.user("releaser", "process_releaser"), Action.RELEASE_MODEL)
    with pytest.raises(Forbidden):
        permissions.require(people.user("analyst", "process_analyst"), Action.RELEASE_MODEL)


def test_the_scope_goes_into_a_query_as_a_select(session: Session, people: People) -> None:
    own = a_case(session, "370001")
    user = people.user("acceptor", "licence_acceptor")
    query = select(Case.reference).where(Case.id.in_(permissions.visible_cases(user)))
    assert session.scalars(query).all() == [own.reference]
