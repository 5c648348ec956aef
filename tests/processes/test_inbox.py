"""The boxes of the desk: what is on a list, its order, its pages, filters and search (A.5)."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import insert, select

from engine import clock
from engine.model import UserTask
from processes import keyset
from processes.casefile import searching
from processes.casefile.facets import Asked
from processes.casework import case_lists
from processes.desk import inbox, todo
from processes.desk.filters import Filters
from processes.desk.inbox import View
from processes.identity.identity import User
from processes.identity.principals import Principal
from processes.model.cases import Case, Opinion
from processes.model.desk import CaseValue, CaseWord
from tests.bench import desk as filled

CLERK = filled.CLERK
TASKS = 300


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def office(request, tmp_path_factory):
    """A small office filled as the measured one is."""
    from engine import connection  # noqa: PLC0415
    from web.database import Database  # noqa: PLC0415

    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('office') / 'banli.db'}"
    else:
        base = request.getfixturevalue("postgres_server")
        admin = connection.create(base("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as opened:
            opened.exec_driver_sql("CREATE DATABASE banli_office")
        admin.dispose()
        url = base("banli_office")
    engine = connection.create(url)
    filled.fill(engine, tasks=TASKS)
    yield Database(engine)
    engine.dispose()


@pytest.fixture
def session(office):
    with office.read_session() as opened:
        yield opened


def _mine(session, by=CLERK):
    """The tasks of a person, counted without any of the ways under test."""
    mine = []
    for task, group in session.execute(
        select(UserTask, filled.UserTaskCandidate.candidate).join(
            filled.UserTaskCandidate, filled.UserTaskCandidate.task_id == UserTask.id
        )
    ):
        free = task.assignee is None and group in by.groups
        if task.assignee == str(by.id) or free:
            mine.append(task)
    return mine


def _pages(session, by=CLERK, **asked):
    """Every page of the list, forwards."""
    found, after = [], None
    for _ in range(50):
        page = inbox.page(session, by, view=View(after=after, limit=40, **asked))
        found.append([row.task_id for row in page.rows])
        after = page.next
        if after is None:
            return found, page
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("few", [0, todo.FEW])
@pytest.mark.parametrize("sort", todo.SORTS)
def test_every_task_of_the_list_comes_once_in_the_order_asked_for(session, sort, few, monkeypatch):
    monkeypatch.setattr(todo, "FEW", few)
    found, last = _pages(session, sort=sort)
    flat = [one for page in found for one in page]
    mine = _mine(session)
    far = clock.now() + timedelta(days=9999)
    cases = {one.id: one for one in session.scalars(select(Case))}

    def risk(task):
        day = cases[task.instance_id].due_on
        return min(task.due_at or far, datetime.combine(day, time.max, clock.SHANGHAI))

    keys = {
        "due": lambda task: (task.due_at or far, task.id),
        "risk": lambda task: (risk(task), task.id),
        "arrived": lambda task: task.id,
        "latest": lambda task: -task.id,
        "-due": lambda task: (-(task.due_at.timestamp() if task.due_at else 0), -task.id),
        "number": lambda task: cases[task.instance_id].reference,
        "-number": lambda task: -task.id,
        "case_due": lambda task: (cases[task.instance_id].due_on, task.id),
        "-case_due": lambda task: (-cases[task.instance_id].due_on.toordinal(), -task.id),
    }
    assert flat == [task.id for task in sorted(mine, key=keys[sort])]
    assert last.total == len(mine)


@pytest.mark.parametrize("few", [0, todo.FEW])
@pytest.mark.parametrize("sort", todo.SORTS)
def test_pages_backwards_are_the_pages_forwards(session, sort, few, monkeypatch):
    monkeypatch.setattr(todo, "FEW", few)
    forwards, page = _pages(session, sort=sort)
    backwards = [[row.task_id for row in page.rows]]
    while page.previous:
        page = inbox.page(session, CLERK, view=View(after=page.previous, limit=40, sort=sort))
        backwards.append([row.task_id for row in page.rows])
    assert backwards[::-1] == forwards


def test_counts_agree_with_the_list(session):
    mine = _mine(session)
    counts = inbox.counts(session, CLERK)
    assert counts["todo"] == len(mine)
    assert counts["overdue"] == sum(1 for one in mine if one.due_at and one.due_at < clock.now())


@pytest.mark.parametrize("box", ["mine", "done"])
@pytest.mark.parametrize("sort", case_lists.SORTS)
def test_every_case_of_a_box_comes_once_in_the_order_asked_for(office, sort, box):
    """A case that is over or without a limit comes last, whichever way the limits go."""
    someone = User(id=5, login="e", name="申请人", kind="staff")
    with office.transaction() as session:
        cases = session.scalars(select(Case).order_by(Case.id).limit(40)).all()
        for case in cases:
            case.due_on = clock.today() + timedelta(days=case.id % 7) if case.id % 3 else None
            case.ended_at = None if case.id % 5 else clock.now()
            said = {"activity": "accept", "activity_name": "受理", "by_name": "", "digest": ""}
            session.add(Opinion(case_id=case.id, by=5, **said))
        session.flush()
        pages, page = [], None
        while page is None or page.next:
            view = View(sort=sort, after=page and page.next, limit=30)
            page = inbox.page(session, someone, box=box, view=view)
            pages.append([row.reference for row in page.rows])
        backwards = [pages[-1]]
        while page.previous:
            page = inbox.page(
                session, someone, box=box, view=View(sort=sort, after=page.previous, limit=30)
            )
            backwards.append([row.reference for row in page.rows])
        wanted = cases if box == "done" else session.scalars(select(Case)).all()
        listed = {
            case.reference: (case.id, None if case.ended_at else case.due_on) for case in wanted
        }
        session.rollback()
    assert backwards[::-1] == pages
    flat = [one for part in pages for one in part]
    assert len(flat) == page.total
    assert sorted(flat) == sorted(listed)
    found = [listed[one] for one in flat]
    days = [day for _id, day in found]
    told = {
        "latest": [-one for one, _day in found],
        "arrived": [one for one, _day in found],
        "number": flat,
        "-number": [-int(one[-6:]) for one in flat],
        "due": [(day is None, day or date.min) for day in days],
        "-due": [(day is None, -day.toordinal() if day else 0) for day in days],
    }[sort]
    assert told == sorted(told)


@pytest.mark.parametrize("sort", ["due", "number"])
@pytest.mark.parametrize("part", [7, 40, 500])
def test_a_box_is_read_whole_part_by_part(office, monkeypatch, sort, part):
    """A.5: all of it, not so many as are exported at once; in the order of its pages."""
    monkeypatch.setattr(keyset, "PART", part)
    sizes = []

    def act(_session, rows):
        sizes.append(len(rows))
        return [row.task_id for row in rows]

    view = View(sort=sort, filters=Filters(hold="pool"))
    total, every = inbox.every(office.read_session, CLERK, act, box="todo", view=view)
    found = list(every)
    with office.read_session() as session:
        pages, page = _pages(session, sort=sort, filters=Filters(hold="pool"))
    assert found == [one for part in pages for one in part]
    assert total == page.total == len(found)
    assert max(sizes) <= part


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (Filters(process_key="bench_3"), lambda task, case: case.process_key == "bench_3"),
        (Filters(status="accepted"), lambda task, case: case.status == "accepted"),
        (Filters(step="审核"), lambda task, case: task.name == "审核"),
        (Filters(hold="mine"), lambda task, case: task.assignee is not None),
        (Filters(hold="pool"), lambda task, case: task.assignee is None),
        (Filters(light="overdue"), lambda task, case: task.due_at and task.due_at < clock.now()),
        (Filters(org="370001"), lambda task, case: True),
        (Filters(org="320002"), lambda task, case: False),
        (Filters(urged=True), lambda task, case: False),
        (Filters(until=clock.today() - timedelta(days=400)), lambda task, case: False),
        (Filters(text="海事工程"), lambda task, case: "海事工程" in case.applicant_name),
        (
            Filters(text="海事 2026-00004"),
            lambda task, case: "海事" in case.applicant_name and "2026-00004" in case.reference,
        ),
    ],
)
def test_each_filter_lets_through_what_it_says(session, filters, holds):
    found, _page = _pages(session, filters=filters)
    cases = {one.id: one for one in session.scalars(select(Case))}
    wanted = {one.id for one in _mine(session) if holds(one, cases[one.instance_id])}
    assert {one for page in found for one in page} == wanted


def test_urged_is_the_step_that_goes_on_not_one_before_it(office):
    """Y-92: who was urged sees it; whose turn came afterwards was not urged."""
    with office.transaction() as session:
        tasks = {one.instance_id: one for one in _mine(session)}
        urged, before = list(tasks.values())[:2]
        cases = [session.get_one(Case, one.instance_id) for one in (urged, before)]
        for case, task, hours in zip(cases, (urged, before), (1, -1), strict=True):
            case.urged_at = task.created_at + timedelta(hours=hours)
        session.flush()
        found, _page = _pages(session, filters=Filters(urged=True))
        for case in cases:
            case.urged_at = None
    listed = {one for page in found for one in page}
    assert urged.id in listed
    assert before.id not in listed


def test_an_agent_has_the_tasks_of_the_principal_within_what_was_agreed(session):
    principal = Principal(88, "审核人", "", CLERK.groups, 1, processes=frozenset({"bench_1"}))
    agent = User(id=5, login="a", name="代理人", kind="staff", acts_for=(principal,))
    found, page = _pages(session, by=agent)
    tasks = session.scalars(select(UserTask)).all()
    wanted = {
        one.id for one in tasks if one.assignee in (None, "88") and one.process_key == "bench_1"
    }
    assert {one for part in found for one in part} == wanted
    assert page.total == len(wanted)


def test_a_task_reached_in_two_capacities_is_listed_once(session):
    principal = Principal(77, "受理人", "", CLERK.groups, 1)
    agent = User(
        **{name: getattr(CLERK, name) for name in ("login", "name", "kind", "groups")},
        id=6,
        acts_for=(principal,),
    )
    found, page = _pages(session, by=agent)
    flat = [one for part in found for one in part]
    assert len(flat) == len(set(flat)) == page.total


@pytest.mark.parametrize("after", ["", "x", "1~2~3", "99999999999999999999~1", "-5", "5~f~heute"])
def test_a_key_that_is_none_gives_the_first_page(session, after):
    first = inbox.page(session, CLERK)
    assert inbox.page(session, CLERK, view=View(after=after)).rows == first.rows


def test_pages_of_a_list_narrowed_by_a_listed_field_hold_every_task_once(session):
    mine = _mine(session)
    half = {task.instance_id for task in mine[::2]}
    rows = [{"case_id": one, "name": "grade", "text": "A1E", "number": None} for one in half]
    session.execute(insert(CaseValue), rows)
    wanted = {task.id for task in mine if task.instance_id in half}
    pages, last = _pages(session, filters=Filters(values=(Asked("grade", "A1E"),)))
    flat = [one for page in pages for one in page]
    assert len(pages) > 1
    assert (sorted(flat), last.total) == (sorted(wanted), len(wanted))


@pytest.fixture
def named(session):
    """A case of a given name; its words are laid down as a step does it."""

    def make(number, name, title="帆船驾驶许可", reference="SDHS-2026-900001", tail="002X"):
        case = {"id": number, "reference": reference, "query_code": "", "process_key": "p"}
        session.execute(
            insert(Case).values(**case, title=title, applicant_name=name, id_no_tail=tail)
        )
        searching.rewrite(session, number)
        return number

    return make


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("单小明", "sxm"), ("单小明", "DXM"), ("单小明", "单小"), ("单小明", "明"), ("单小明", "ｓｘｍ"),
        ("曾某", "zm"), ("曾某", "cm"), ("青岛海事工程有限公司", "hsgc"), ("青岛海事工程有限公司", "工程有限"),
        ("John Smith", "smith"), ("单小明", "SDHS-2026-900001"), ("单小明", "900001"),
        ("单小明", "2026-9"), ("单小明", "002x"), ("单小明", "帆船"), ("单小明", "fcjs"), ("单小明", "dxm 900001"),
    ],
)  # fmt: skip
def test_a_case_is_found_by(session, named, name, text):
    number = named(10_000_001, name)
    found = session.scalars(select(Case.id).where(*searching.conditions(text))).all()
    assert number in found


@pytest.mark.parametrize("text", ["xmd", "小明单", "02X", "2x", "#002X", "dxm 900002", "SDHS-2027"])
def test_a_case_is_not_found_by(session, named, text):
    number = named(10_000_002, "单小明")
    assert number not in session.scalars(select(Case.id).where(*searching.conditions(text))).all()


def test_a_changed_name_is_found_and_the_old_one_is_not(session, named):
    number = named(10_000_003, "单小明")
    case = session.get_one(Case, number)
    case.applicant_name = "曾某某"
    session.flush()
    searching.rewrite(session, number)
    query = select(Case.id).where(*searching.conditions("曾某某"))
    assert session.scalars(query).all() == [number]
    words = session.scalars(select(CaseWord.word).where(CaseWord.case_id == number)).all()
    assert not [word for word in words if "单" in word]
