"""The generated country of the demo: cases really run, nothing doubled, everything in order.

Issue 5 "Real data at real size"; ledgers and numbers as E-38, E-43, Y-63 and Y-74 demand them.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from stdnum.cn import ric, uscc

from adapters import registry
from adapters._shared.seals import SealWorker
from adapters._simulators.authority import Authority
from adapters._simulators.kept_seals import KeptSeals
from engine import cache, clock, connection, sealing
from engine.model import (
    Base,
    EventSubscription,
    HistoryEvent,
    Incident,
    Job,
    ProcessInstance,
    UserTask,
)
from processes import registers, settings, wiring
from processes.casefile.derivation import UNDER_WAY
from processes.country import batches, carrying, dice, habits, people, programme, progress, scratch
from processes.country.carrying import Overtaken
from processes.country.habits import HabitsInvalid
from processes.country.making import Maker
from processes.country.scratch import Changes
from processes.country.telling import Telling
from processes.country.world import World, received
from processes.demo import loader
from processes.documents import documents, files, sweeping
from processes.identity import audit, numbers
from processes.model.cases import Case, CaseLimit, Opinion
from processes.model.country import CountryPart
from processes.model.documents import Document, StoredFile
from processes.model.records import NumberSequence, RegisterRecord
from web.database import Database

T = TypeVar("T")
Row = tuple[object, ...]
SEAL = "eseal.sign"
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
KEY = "the key of a country in a test: 32 bytes long"


class Site:
    """A demo on a file, with its country made in two goes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.lay_down()
        wiring.connect()
        self.database = Database(connection.create(f"sqlite:///{home / 'demo.db'}"))
        Base.metadata.create_all(self.database.engine)
        self.database.run(lambda session: loader.load(session, topics=registry.topics()))
        self.seals = KeptSeals(Authority(home / "simulated"))

    def lay_down(self) -> None:
        settings.configure(settings.Settings(home=self.home, secret_key=KEY))
        sealing.configure(state_key=KEY.encode())
        cache.clear()

    def maker(self, stop: Callable[[], bool] = lambda: False) -> Maker:
        return Maker(
            transact=self.database.run,
            domains=habits.load(loader.MODELS),
            outside=registry.topics(),
            source=self.database.engine,
            scratch=self.home / "scratch.db",
            workers={SEAL: SealWorker(SEAL, self.seals)},
            stop=stop,
            rest=0,
        )

    def make(self, *, at_most: int = 10_000) -> None:
        """Make what is missing, but stop after so many units."""
        left = iter(range(at_most))
        maker = self.maker(lambda: next(left, None) is None)
        maker.ground(size="small")
        for part in progress.PARTS:
            maker.stories(part)

    def look(self, question: Callable[[Session], T]) -> T:
        with self.database.read_session() as session:
            return question(session)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("country"))
    made.make(at_most=140)
    made.make(at_most=150)
    made.make()
    yield made
    made.database.engine.dispose()
    settings.configure(None)


@pytest.fixture(autouse=True)
def _laid_down(request: pytest.FixtureRequest) -> None:
    if "site" in request.fixturenames:
        request.getfixturevalue("site").lay_down()


def test_it_is_complete_after_being_stopped_twice_and_no_story_failed(site: Site) -> None:
    rows = site.look(lambda session: session.scalars(select(CountryPart)).all())
    assert {row.part for row in rows} == {progress.GROUND, *progress.PARTS}
    assert [(row.done, row.failed, row.last_failure) for row in rows] == [
        (row.planned, 0, "") for row in rows
    ]
    told = site.look(progress.now)
    assert told is not None
    assert told.complete
    assert told.percent == 100


def test_what_the_ground_has_left_says_nothing_of_the_stories_to_come(tmp_path: Path) -> None:
    """While no story is told yet, no time is promised; later the slowest part is what counts."""
    first, *others = progress.PARTS
    engine = connection.create(f"sqlite:///{tmp_path / 'left.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:

        def left() -> int | None:
            found = progress.now(session)
            return found and found.left_seconds

        session.add_all(
            CountryPart(part=part, size="full", on_day=date(2026, 11, 30), planned=100)
            for part in (progress.GROUND, *progress.PARTS)
        )
        progress.advance(session, progress.GROUND, to=50, seconds=20)
        assert left() == 0
        progress.advance(session, progress.GROUND, to=100, seconds=20)
        progress.advance(session, first, to=50, seconds=600)
        assert left() == 0
        for part in others:
            progress.advance(session, part, to=50, seconds=100)
        assert left() == 600
    engine.dispose()


def test_started_again_it_doubles_nothing(site: Site) -> None:
    def counted(session: Session) -> list[int]:
        kinds = (Case, RegisterRecord, HistoryEvent)
        return [session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds]

    before = site.look(counted)
    site.make()
    assert site.look(counted) == before


def test_the_sweep_of_orphans_takes_no_file_that_any_row_names(site: Site) -> None:
    """Rule 19: letters, sealed ones, OFD, photos and scans, wherever a row names their hash."""
    folder = site.home / "files"
    kept = {path.name: path for path in folder.glob("??/*")}
    long_ago = time.time() - 30 * 24 * 3600
    for path in kept.values():
        os.utime(path, (long_ago, long_ago))

    with site.database.engine.connect() as connected:
        named = {
            found
            for table in Base.metadata.sorted_tables
            if table.name != StoredFile.__tablename__
            for row in connected.exec_driver_sql(f'SELECT * FROM "{table.name}"')  # noqa: S608
            for cell in row
            if isinstance(cell, str)
            for found in DIGEST.findall(cell)
        } & kept.keys()
    kinds = {files.content_type(files.content(one)) for one in named}
    assert {"application/pdf", "image/png"} <= kinds

    for number in range(sweeping.FOLDERS):
        sweeping.sweep(site.database.read_session, number)
    assert {one for one in named if not kept[one].exists()} == set()


def test_every_process_that_a_story_begins_has_its_cases(site: Site) -> None:
    domains = habits.load(loader.MODELS).values()
    begun = {case.process for domain in domains for story in domain.stories for case in story.cases}
    found = set(site.look(lambda session: session.scalars(select(Case.process_key).distinct())))
    # few have happened yet in so small a country: nothing was spoiled, lost or enrolled in
    later = {"prop_ecert_use", "prop_ecert_change"}
    later |= {"expl_enrolment_withdrawal", "expl_certificate_reissue"}
    assert begun - found <= later


def test_nobody_does_the_same_over_and_over(site: Site) -> None:
    """A form that is sent back each time, because the habit does not fit it, is a fault."""
    # tasks of many units in one case, and what comes every week or stage
    several = ("办理实施任务", "签署阶段确认", "查询并答复", "提交项目周报", "阅知周报、商定变更")
    times = func.count(Opinion.id)
    query = (
        select(Case.process_key, Opinion.activity_name, times)
        .join(Case, Case.id == Opinion.case_id)
        .group_by(Case.id, Case.process_key, Opinion.activity_name)
        .having(times > 6)
    )
    found = site.look(lambda session: session.execute(query).tuples().all())
    assert [one for one in found if not one[1].startswith(several)] == []


def test_the_certificates_of_registration_agencies_are_issued(site: Site) -> None:
    query = select(RegisterRecord).where(RegisterRecord.register == "ecert_problem")
    problems = site.look(lambda session: session.scalars(query).all())
    assert [one.data["reason"] for one in problems if one.data["source"] == "incremental"] == []


def test_certificates_of_the_country_are_in_the_wallets_of_their_holders(site: Site) -> None:
    """P-15, P-46: the channels answer in the stories; now and then a holder has none of them."""
    query = select(Case.outcome).where(Case.process_key == "prop_ecert_wallet")
    ended = site.look(
        lambda session: session.scalars(query.where(Case.ended_at.is_not(None))).all()
    )
    assert ended.count("valid") > len(ended) / 2


def test_statistics_by_outcome_have_a_word_for_each(site: Site) -> None:
    """Y-99, Y-100: no code word in a heading."""
    query = select(Case.process_key, Case.outcome).where(Case.ended_at.is_not(None)).distinct()
    ended = site.look(lambda session: session.execute(query).tuples().all())
    counted = 0
    for path in loader.MODELS.glob("*/statistics/*.yaml"):
        told = yaml.safe_load(path.read_text("utf-8"))
        if "outcome" not in (*told.get("rows", ()), told.get("columns")) or "cases" not in told:
            continue
        words = told["labels"]["outcome"]
        found = {out for key, out in ended if key.startswith(tuple(told["cases"]))}
        assert found <= set(words), path.name
        counted += len(found)
    assert counted > 5


def test_work_orders_are_unique_and_valid(site: Site) -> None:
    found = site.look(lambda session: session.scalars(select(Case.reference)).all())
    orders = [one for one in found if one[0] in numbers.LETTERS and "-" not in one]
    assert len(orders) > 30
    assert len(set(found)) == len(found)
    assert all(numbers.is_valid(one) for one in orders)


def test_what_waits_is_what_the_rows_say(site: Site) -> None:
    def check(session: Session) -> int:
        running = session.scalars(
            select(ProcessInstance.id).where(ProcessInstance.status == "active")
        ).all()
        for one in running:
            waits = set(cache.peek(session, one).waits)
            rows: set[int] = set()
            for kind in (UserTask, EventSubscription, Job):
                rows |= set(session.scalars(select(kind.id).where(kind.instance_id == one)))
            assert waits == rows
        return len(running)

    assert site.look(check) > 0


def test_ended_cases_say_that_they_ended_and_running_ones_do_not(site: Site) -> None:
    cases = site.look(lambda session: session.scalars(select(Case)).all())
    assert [one.reference for one in cases if one.ended_at and one.status in UNDER_WAY] == []
    assert any(one.ended_at is None for one in cases)


def test_nothing_is_left_to_fall_due_in_the_past_and_nothing_is_stuck(site: Site) -> None:
    late = select(Job.kind, Job.activity, Job.due_at).where(
        Job.instance_id.is_not(None),
        Job.kind == "timer",
        Job.due_at < clock.now() - timedelta(hours=1),
    )
    assert site.look(lambda session: session.execute(late).all()) == []
    assert site.look(lambda session: session.scalars(select(Incident.message)).all()) == []


def test_limits_stand_in_every_state(site: Site) -> None:
    states = site.look(lambda session: set(session.scalars(select(CaseLimit.state))))
    assert {"stopped"} <= states <= {"running", "suspended", "stopped"}


def test_the_audit_trail_holds(site: Site) -> None:
    assert site.look(audit.verify) is None


def test_nobody_holds_two_valid_certificates_of_a_kind(site: Site) -> None:
    def held(session: Session) -> list[tuple[str, ...]]:
        rows = session.scalars(select(RegisterRecord).where(RegisterRecord.status == "valid"))
        found = []
        for row in rows:
            if row.register == "expl_certificate":
                found.append((row.data["person_no"],))
                assert row.data["expires_on"] > row.data["obtained_on"]
            elif row.register == "yacht_licence":
                found.append((row.data["person_id"], row.data["licence_class"]))
        return found

    held_by = site.look(held)
    assert len(held_by) > 20
    assert len(set(held_by)) == len(held_by)


def test_people_have_portraits_and_the_accounts_of_the_demo_people_with_certificates(
    site: Site,
) -> None:
    """E-43, E-54: whoever looks in can run a class to its printed certificates."""

    def records(session: Session, register: str) -> list[RegisterRecord]:
        asked = select(RegisterRecord).where(RegisterRecord.register == register)
        return list(session.scalars(asked.where(RegisterRecord.status.in_(("approved", "valid")))))

    people_held = site.look(lambda session: records(session, "expl_person"))
    assert all(one.data["photo"]["file"] for one in people_held)
    shown = {one.data["unit"] for one in people_held}
    assert shown >= {"EG370001", "EN370001"}
    certificates = site.look(lambda session: records(session, "expl_certificate"))
    assert {one.data["unit"] for one in certificates} & {"EG370001", "EN370001"}
    lengths = {len(one.data["certificate_no"]) for one in certificates}
    assert lengths == {11, 14}


def test_what_somebody_registered_meanwhile_is_left_alone(site: Site) -> None:
    """People work while the country is made: their unit has a code that it would give."""
    rows = [
        {"org_no": code, "name": name, "kind": "expl_enterprise", "province_org": "EP370000"}
        for code, name in (("EN370001", "他人"), ("EN379999", "新单位"))
    ]
    (batch,) = batches.of("expl_enterprise", rows, "active", clock.today())

    def named(session: Session) -> list[str]:
        batch.add(session)
        keys = ("EN370001", "EN379999")
        found = [registers.get(session, "expl_enterprise", key).values["name"] for key in keys]
        session.rollback()
        return found

    assert site.look(named) == ["泰安民爆器材厂", "新单位"]


def test_a_letter_that_was_deferred_is_drawn_when_asked_for_and_kept(site: Site) -> None:
    waiting = select(Document.id).where(Document.sha256.is_(None)).limit(1)
    letter = site.look(lambda session: session.scalar(waiting))
    assert letter is not None

    def read(session: Session) -> tuple[bytes, str | None]:
        document = session.get_one(Document, letter)
        return documents.content(session, document), document.sha256

    content, digest = site.database.run(read)
    assert content.startswith(b"%PDF")
    assert digest is not None
    assert site.database.run(read) == (content, digest)


class Forgotten(Exception):
    """A story was told only to be looked at."""


def _told(world: World, turn: programme.Turn) -> list[Row]:
    """The cases of a story, which is told in the scratch copy and forgotten."""
    shown = (Case.title, Case.status, Case.applicant_name, Case.submitted_at, Case.step)
    found: list[Row] = []

    def tell() -> None:
        with world.scratch.attempt(), documents.deferred():
            until = clock.now().replace(minute=0, second=0, microsecond=0)
            try:
                Telling(world, turn, until=until).tell()
            finally:
                clock.set_to(None)
            query = select(*shown).order_by(Case.id)
            found.extend(world.scratch.look(lambda session: session.execute(query).tuples().all()))
            raise Forgotten

    with pytest.raises(Forgotten):
        tell()
    return found


def test_the_same_story_is_told_the_same_way(site: Site) -> None:
    domains = [*habits.load(loader.MODELS).values()]
    turns = programme.turns(domains, size="small", on=date(2026, 11, 2))
    assert turns == programme.turns(domains, size="small", on=date(2026, 11, 2))
    chosen = {turn.story.name: turn for turn in turns}
    world = site.maker()._world()
    try:
        for name in ("ticket", "question"):
            again = replace(chosen[name], number=9_000)
            first = _told(world, again)
            assert first
            assert _told(world, again) == first
    finally:
        world.scratch.close()


def test_a_certificate_of_one_story_is_changed_in_another(site: Site) -> None:
    """The new version withdraws the document of the old one, which that story does not hold."""
    stories = {one.name: one for one in habits.load(loader.MODELS)["property"].stories}
    day = date(2026, 3, 2)
    facts = {"held": {"record": "ecert", "statuses": ["issued"]}}
    passed = {"prop_ecert_change": {"approve": {"told": {"check_decision": "pass"}}}}
    change = replace(stories["certificate_change"], facts=facts, habits=passed)
    world = site.maker()._world()
    try:
        turns = (programme.Turn(day, stories["home"], number) for number in range(9_100, 9_120))
        assert any(_kept(world, turn)["ecert"] for turn in turns)
        after = _kept(world, programme.Turn(day, change, 9_100))
    finally:
        world.scratch.close()
    assert after["updated"] == 1


def _kept(world: World, turn: programme.Turn) -> dict[str, int]:
    """Tell a story in the scratch copy, which goes on with it."""
    with world.scratch.attempt(), documents.deferred():
        try:
            Telling(world, turn, until=clock.now()).tell()
        finally:
            clock.set_to(None)
        ecerts = select(func.count()).where(RegisterRecord.register == "ecert")
        updated = select(func.count()).where(Case.outcome == "updated")
        return world.scratch.look(
            lambda session: {
                "ecert": session.scalar(ecerts) or 0,
                "updated": session.scalar(updated) or 0,
            }
        )


def test_whoever_is_overtaken_leaves_nothing(site: Site) -> None:
    copy = scratch.Scratch(site.home / "copy.db", site.database.engine)

    def taken(session: Session) -> int:
        return numbers.next_value(session, "a series of this test")

    try:
        with copy.attempt():
            copy.run(taken)
            changes = copy.changes()
        site.database.run(taken)
        with pytest.raises(Overtaken):
            site.database.run(lambda session: carrying.carry(session, changes))
        with copy.attempt():
            copy.run(taken)
            late = copy.changes()
        assert late.found["number_sequence"] == {("a series of this test", 0): 1}
        site.database.run(taken)
        with pytest.raises(Overtaken):
            site.database.run(lambda session: carrying.carry(session, late))
    finally:
        copy.close()
    held = select(NumberSequence.value).where(NumberSequence.key == "a series of this test")
    assert site.look(lambda session: session.scalar(held)) == 2


def test_cases_begun_by_the_same_key_in_two_stories_have_references_of_their_own(
    site: Site,
) -> None:
    """A certificate is put into a wallet in one story and taken out of it in another."""
    table = Base.metadata.tables["case_file"]
    row = tuple(site.look(lambda session: session.execute(select(table).limit(1)).one()))
    at = {column.name: place for place, column in enumerate(table.columns)}
    other = (*row[: at["id"]], 4711, *row[at["id"] + 1 :])
    fresh = (*other[: at["reference"]], "nobody's", *other[at["reference"] + 1 :])
    changes = Changes(added={"case_file": [other, fresh]})
    site.look(lambda session: carrying.refer_apart(session.connection(), changes))
    told = [one[at["reference"]] for one in changes.added["case_file"]]
    assert told == [f"{row[at['reference']][:44]}-4711", "nobody's"]


def test_what_is_sent_is_not_taken_for_received(site: Site) -> None:
    """The state of an application goes to the outer system; an enrolment's change is waited for."""
    names = site.look(received)
    assert "status_changed" not in names
    assert "ecert_changed" in names


@pytest.mark.postgres
def test_changes_are_carried_to_postgresql_as_the_values_that_they_mean(
    postgres: Database, tmp_path: Path
) -> None:
    postgres.run(lambda session: numbers.next_value(session, "drawn"))
    copy = scratch.Scratch(tmp_path / "copy.db", postgres.engine)
    day = date(2026, 11, 30)

    def written(session: Session) -> None:
        numbers.next_value(session, "drawn")
        session.add(CountryPart(part="some", size="small", on_day=day, planned=3))

    def removed(session: Session) -> None:
        session.execute(delete(NumberSequence).where(NumberSequence.key == "drawn"))

    def carried(session: Session) -> None:
        carrying.carry(session, changes)

    try:
        with copy.attempt():
            copy.run(written)
            changes = copy.changes()
        postgres.run(carried)
        with postgres.read_session() as session:
            made = session.get_one(CountryPart, "some")
            assert (made.on_day, made.planned, made.failed) == (day, 3, 0)
            assert made.begun_at.utcoffset() == timedelta(0)
            value = select(NumberSequence.value).where(NumberSequence.key == "drawn")
            assert session.scalar(value) == 2
        with pytest.raises(Overtaken):
            postgres.run(carried)
        with copy.attempt():
            copy.run(removed)
            changes = copy.changes()
        postgres.run(carried)
        with postgres.read_session() as session:
            assert session.scalar(select(func.count()).select_from(NumberSequence)) == 0
    finally:
        copy.close()


def test_a_refused_command_is_undone_by_itself(site: Site) -> None:
    copy = scratch.Scratch(site.home / "undone.db", site.database.engine)

    def refused(session: Session) -> None:
        numbers.next_value(session, "undone")
        raise LookupError

    try:
        with copy.attempt():
            with pytest.raises(LookupError):
                copy.run(refused)
            copy.run(lambda session: numbers.next_value(session, "kept"))
            added = copy.changes().added["number_sequence"]
        assert [row[0] for row in added] == ["kept"]
    finally:
        copy.close()


# -- people ----------------------------------------------------------------------------------------


@given(st.integers(0, 10_000_000), st.dates(date(2024, 1, 1), date(2027, 1, 1)))
def test_people_have_valid_identity_numbers_and_ages(number: int, on: date) -> None:
    somebody = people.person(number, on=on, ages=(20, 58))
    assert ric.calc_check_digit(somebody.id_no) == somebody.id_no[-1]
    assert somebody.id_no[6:14] == f"{somebody.birth_date:%Y%m%d}"
    assert int(somebody.id_no[16]) % 2 == (somebody.sex == "male")
    assert 19 <= (on - somebody.birth_date).days / 365.25 <= 60
    assert somebody == people.person(number, on=on, ages=(20, 58))


def test_twenty_thousand_people_are_twenty_thousand() -> None:
    found = {people.person(number, on=date(2026, 11, 1)).id_no for number in range(20_000)}
    assert len(found) == 20_000


@given(st.integers(0, 1_000_000))
def test_credit_codes_are_valid(number: int) -> None:
    code = people.credit_code(dice.Dice(number), "370200")
    assert uscc.is_valid(code)


def test_the_sizes_of_the_country_are_those_of_the_issue() -> None:
    told = people.shape()
    assert len(told["direct"]) == 14
    assert len(told["provinces"]) == 31
    assert told["enterprises"] == 400
    assert sum(told["institutions"].values()) + 2 == 60, "two more are in the demo's cast"
    domains = [*habits.load(loader.MODELS).values()]
    turns = programme.turns(domains, size="full", on=date(2026, 11, 30))
    assert len(turns) > 10_000
    assert turns[0].day >= date(2023, 11, 30)
    assert turns[-1].day < date(2026, 11, 30)


def test_a_file_of_stories_that_says_something_unknown_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "country.yaml").write_text(
        "stories:\n  one:\n    share: 1\n    cases: [{process: p, whenever: 3}]\n", "utf-8"
    )
    with pytest.raises(HabitsInvalid, match=r"some/country\.yaml one 中有不认识的“whenever”"):
        habits.load(tmp_path)
