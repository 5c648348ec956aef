import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.errors import Conflict, DeploymentRejected, NotFound
from processes import registers, settings
from processes.identity import numbers
from processes.model.records import RegisterRecord
from processes.registers import Duplicate, RecordInvalid, Trace, TransitionRefused
from processes.registers.search import holding
from web.database import Database

TRACE = Trace("7", "Y1", "测试")
LEDGERS = Path(__file__).parents[3] / "bpmn"


def a_person(session: Session, **more: Any) -> registers.Record:
    values = {
        "name": "申领人",
        "sex": "male",
        "birth_date": date(1990, 1, 2),
        "nationality": "CHN",
        "id_type": "resident_id",
        "id_no": "11010519491231002X",
        **more,
    }
    return registers.create(session, "person", values, trace=TRACE)


def blanks(session: Session, count: int = 3, kind: str = "yacht_licence") -> list[str]:
    serials = registers.serials("YT000001", f"YT{count:06d}")
    values = {"batch_no": "KB1", "org": "900001", "kind": kind}
    registers.receive(session, "blank_item", serials, values=values, trace=TRACE)
    return serials


def a_licence(session: Session, **more: Any) -> registers.Record:
    values = {
        "person_id": "R1",
        "holder_name": "申领人",
        "licence_class": "A1E",
        "issued_by": "370001",
        "issued_on": date(2026, 11, 23),
        "expires_on": date(2031, 11, 22),
        "origin": "normal",
        **more,
    }
    return registers.create(session, "yacht_licence", values, trace=TRACE)


def test_every_ledger_of_the_folder_reads_without_findings() -> None:
    assert {
        "applicant_org",
        "blank_batch",
        "blank_item",
        "card_order",
        "mailing_address",
        "parcel",
        "person",
        "training_result",
        "yacht_licence",
    } <= set(registers.load(LEDGERS))


def test_a_record_comes_back_as_it_went_in(session: Session) -> None:
    made = a_person(session)
    found = registers.get(session, "person", made.key)
    assert found.values["birth_date"] == date(1990, 1, 2)
    assert found.status == "active"
    assert found.context()["person_id"] == made.key


def test_a_key_is_numbered_by_the_ledger_s_format(session: Session) -> None:
    first = a_licence(session)
    assert first.key.startswith("370000")
    assert numbers.is_valid(first.key)
    assert a_licence(session, person_id="R2").key != first.key


def test_personal_values_are_sealed_and_found_by_their_hash(session: Session) -> None:
    made = a_person(session)
    for table in ("register_record", "register_index", "register_log"):
        rows = session.execute(text(f"select * from {table}")).all()  # noqa: S608 - our own names
        assert "11010519491231002" not in repr(rows)
    found = registers.find(session, "person", where={"id_no": "11010519491231002x"})
    assert [one.key for one in found] == [made.key]


def test_what_is_unique_is_refused_twice_in_words(session: Session) -> None:
    a_person(session)
    with pytest.raises(Duplicate, match="该证件号码已登记"):
        a_person(session, name="另一人")


def test_uniqueness_ends_with_the_status_it_is_for(session: Session) -> None:
    address = {
        "org": "370001",
        "receiver": "收件人",
        "phone": "0531-12345678",
        "postcode": "250000",
        "region": "山东省济南市历下区",
        "street": "海事路 1 号",
    }
    first = registers.create(session, "mailing_address", address, trace=TRACE)
    with pytest.raises(Duplicate, match="已有有效的邮递地址"):
        registers.create(session, "mailing_address", address, trace=TRACE)
    registers.transition(session, "mailing_address", first.key, "inactive", trace=TRACE)
    registers.create(session, "mailing_address", address, trace=TRACE)
    with pytest.raises(Duplicate):
        registers.transition(session, "mailing_address", first.key, "active", trace=TRACE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sex": "other"}, "性别"),
        ({"birth_date": "1990-02-30"}, "出生日期"),
        ({"name": None}, "姓名"),
        ({"name": "长" * 101}, "超过 100 字"),
        ({"height": 180}, "没有字段『height』"),
        ({"birth_date": 5}, "出生日期"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_field(
    session: Session, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(RecordInvalid, match=words):
        a_person(session, **changes)


def test_what_identifies_a_record_cannot_be_changed(session: Session) -> None:
    made = a_person(session)
    with pytest.raises(RecordInvalid, match="不可修改"):
        registers.update(session, "person", made.key, {"person_id": "R9"}, trace=TRACE)
    changed = registers.update(session, "person", made.key, {"name": "新名"}, trace=TRACE)
    assert (changed.values["name"], changed.revision) == ("新名", 2)


def every_pair() -> list[tuple[str, str]]:
    ledger = registers.load(LEDGERS)["blank_item"]
    return [(source, target) for source in ledger.statuses for target in ledger.statuses]


@pytest.mark.parametrize(("source", "target"), every_pair())
def test_a_blank_moves_only_on_declared_ways(session: Session, source: str, target: str) -> None:
    allowed = {
        ("in_stock", "allotted"), ("allotted", "in_stock"), ("allotted", "used"),
        ("allotted", "spoiled"), ("used", "spoiled"), ("used", "lost"), ("in_stock", "lost"),
        ("allotted", "lost"), ("spoiled", "lost"), ("lost", "destroyed"),
        ("spoiled", "destroyed"),
    }  # fmt: skip
    values = {"serial": "YT1", "batch_no": "KB1", "org": "900001", "kind": "yacht_licence"}
    registers.create(session, "blank_item", values, trace=TRACE, status=source)
    changes = {"card_order_no": "Y-01", "spoil_reason": "misprint", "destroyed_list": "XH1"}
    if (source, target) in allowed:
        moved = registers.transition(
            session, "blank_item", "YT1", target, trace=TRACE, changes=changes
        )
        assert moved.status == target
    else:
        with pytest.raises(TransitionRefused) as refused:
            registers.transition(session, "blank_item", "YT1", target, trace=TRACE, changes=changes)
        assert registers.definition("blank_item").status_name(source) in refused.value.message


def test_a_transition_requires_its_fields_and_clears_others(session: Session) -> None:
    blanks(session, 1)
    with pytest.raises(RecordInvalid, match="制证单号"):
        registers.transition(session, "blank_item", "YT000001", "allotted", trace=TRACE)
    registers.transition(
        session,
        "blank_item",
        "YT000001",
        "allotted",
        trace=TRACE,
        changes={"card_order_no": "Y-01"},
    )
    back = registers.transition(session, "blank_item", "YT000001", "in_stock", trace=TRACE)
    assert "card_order_no" not in back.values
    assert registers.find(session, "blank_item", where={"card_order_no": "Y-01"}) == []


def test_every_change_is_logged_with_person_and_case(session: Session) -> None:
    made = a_person(session)
    registers.update(session, "person", made.key, {"name": "新名"}, trace=Trace("8", "Y2", "更正"))
    created, updated = registers.log(session, "person", made.key)
    assert (created.action, created.actor, created.reference) == ("create", "7", "Y1")
    assert updated.changes == {"name": {"before": "申领人", "after": "新名"}}
    assert (updated.actor, updated.reference, updated.reason) == ("8", "Y2", "更正")


def test_the_lowest_free_serial_of_the_kind_is_allotted(session: Session) -> None:
    blanks(session)
    taken = [
        registers.allot(
            session,
            "blank_item",
            where={"kind": "yacht_licence"},
            to="allotted",
            trace=TRACE,
            changes={"card_order_no": f"Y-0{number}"},
        )
        for number in range(1, 5)
    ]
    assert [one.key if one else None for one in taken] == ["YT000001", "YT000002", "YT000003", None]
    assert registers.available(session, "blank_item", where={"kind": "yacht_licence"}) == 0


def test_a_serial_is_never_used_again(session: Session) -> None:
    blanks(session, 1)
    registers.transition(session, "blank_item", "YT000001", "lost", trace=TRACE)
    registers.transition(
        session, "blank_item", "YT000001", "destroyed", trace=TRACE, changes={"destroyed_list": "X"}
    )
    with pytest.raises(Duplicate, match="已有『YT000001』"):
        blanks(session, 1)


def test_what_was_received_is_the_sum_over_all_statuses(session: Session) -> None:
    batch = registers.create(
        session,
        "blank_batch",
        {
            "org": "900001",
            "kind": "yacht_licence",
            "serial_from": "YT000001",
            "serial_to": "YT000003",
            "qty": 3,
            "good_qty": 3,
            "received_on": date(2026, 11, 23),
            "receiver": "保管人",
        },
        trace=TRACE,
    )
    assert registers.broken_rules(session, "blank_batch", batch.key) == ["批次收发存不平衡"]
    serials = registers.serials("YT000001", "YT000003")
    values = {"batch_no": batch.key, "org": "900001", "kind": "yacht_licence"}
    registers.receive(session, "blank_item", serials, values=values, trace=TRACE)
    registers.transition(session, "blank_item", "YT000002", "lost", trace=TRACE)
    assert registers.broken_rules(session, "blank_batch", batch.key) == []
    assert registers.counts(session, "blank_item", where={"batch_no": batch.key}) == {
        "in_stock": 2, "allotted": 0, "used": 0, "spoiled": 0, "lost": 1, "destroyed": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("YT2", "YT1"),
        ("YT1", "YS2"),
        ("YT1", "YT10"),
        ("YT", "YT"),
        ("YT000000", "YT999999"),
        ("yt1", "yt2"),
        ("YT１", "YT２"),
    ],
)
def test_a_range_needs_one_beginning_one_length_and_an_order(first: str, last: str) -> None:
    with pytest.raises(RecordInvalid):
        registers.serials(first, last)


def test_one_valid_licence_per_person_and_class(session: Session) -> None:
    def issue(serial: str) -> registers.Record:
        made = a_licence(session)
        return registers.transition(
            session,
            "yacht_licence",
            made.key,
            "valid",
            trace=TRACE,
            changes={"blank_serial": serial, "activated_on": date(2026, 11, 30)},
        )

    issue("YT1")
    with pytest.raises(Duplicate, match="已有同类别等级"):
        issue("YT2")


def test_searching_is_by_the_fields_on_the_list_alone(session: Session) -> None:
    a_licence(session)
    assert len(registers.find(session, "yacht_licence", where={"issued_by": "370001"})) == 1
    assert len(registers.find(session, "yacht_licence", where={"org_code": "370001"})) == 1
    assert registers.find(session, "yacht_licence", statuses={"valid"}) == []
    with pytest.raises(RecordInvalid, match="不能按"):
        registers.find(session, "yacht_licence", where={"birth_date": date(1990, 1, 1)})


def test_records_are_paged_by_their_key(session: Session) -> None:
    blanks(session, 5)
    first = registers.find(session, "blank_item", limit=2)
    rest = registers.find(session, "blank_item", after=first[-1].key)
    assert [one.key[-1] for one in (*first, *rest)] == list("12345")


@pytest.mark.parametrize("statuses", [(), ("in_stock",), ("allotted",), ("used", "allotted")])
@pytest.mark.parametrize(
    "where",
    [
        {"batch_no": "KB1"},
        {"batch_no": "KB2"},
        {"batch_no": "KB2", "org": "900001"},
        {"org": "900001", "batch_no": "KB2"},
        {"batch_no": ["KB1", "KB2"], "kind": "yacht_licence"},
        {"batch_no": "KB2", "key": ["ZT001", "ZT003", "YT001"]},
        {"batch_no": "KB3"},
    ],
)
def test_records_are_the_same_whether_a_field_names_many_or_few_of_them(
    session: Session, where: dict[str, Any], statuses: tuple[str, ...]
) -> None:
    for batch, letters, count in (("KB1", "YT", 120), ("KB2", "ZT", 4)):
        values = {"batch_no": batch, "org": "900001", "kind": "yacht_licence"}
        serials = registers.serials(f"{letters}001", f"{letters}{count:03d}")
        registers.receive(session, "blank_item", serials, values=values, trace=TRACE)
    for key in ("YT007", "ZT003"):
        order = {"card_order_no": "ZZ1"}
        registers.transition(session, "blank_item", key, "allotted", trace=TRACE, changes=order)

    every = registers.find(session, "blank_item", limit=500)
    wanted = [
        one.key
        for one in every
        if all(
            {**one.values, "key": one.key}[name] in (value if isinstance(value, list) else [value])
            for name, value in where.items()
        )
    ]
    at = {one.key: one.status for one in every}
    found = registers.find(session, "blank_item", where=where, statuses=statuses, limit=500)
    assert [one.key for one in found] == [
        key for key in wanted if not statuses or at[key] in statuses
    ]
    assert sum(registers.counts(session, "blank_item", where=where).values()) == len(wanted)


def test_the_records_a_field_names_are_gone_to_and_the_others_not_looked_at(
    database: Database,
) -> None:
    """P-43: a bulk issue asks for every unit whether it has a certificate, among 100,000."""

    def asked(session: Session) -> list[str]:
        blanks(session, 300)
        order = {"card_order_no": "ZZ1"}
        registers.transition(
            session, "blank_item", "YT000200", "allotted", trace=TRACE, changes=order
        )
        told: list[str] = []
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *it: told.append(it[2]))
        sought = registers.find(
            session, "blank_item", where={"card_order_no": "ZZ1"}, statuses=["allotted"]
        )
        assert [one.key for one in sought] == ["YT000200"]
        return told

    of_records = [one for one in database.run(asked) if "FROM register_record" in one]
    assert of_records
    assert all("EXISTS" not in one and "register_record.id IN" in one for one in of_records)


def test_an_unknown_record_or_ledger_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        registers.get(session, "person", "R0")
    with pytest.raises(NotFound):
        registers.get(session, "ghosts", "1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "missing"}, "不存在的字段『missing』"),
        ({"initial": "nowhere"}, "初始状态"),
        ({"transitions": [{"from": "open", "to": "gone", "name": "x"}]}, "不存在的状态『gone』"),
        ({"fields": {"Bad Name": {"label": "x"}}}, "不可用"),
        ({"fields": {"no": {"label": "号", "type": "blob"}}}, "类型『blob』未知"),
        ({"surprise": 1}, "未知的键『surprise』"),
        ({"number": {"series": "x", "text": "{nope}"}}, "不存在的字段『nope』"),
        ({"held": {"by": "no"}}, "『held』须有 by、from、to"),
        ({"held": {"by": "no", "from": "open", "to": "open"}}, "『no』应可检索"),
        ({"held": {"by": "no", "from": "open", "to": "shut"}}, "由『open』到『shut』"),
        ({"held": {"by": "no", "from": "a", "to": "b", "if": "1 +"}}, "不是有效的 FEEL"),
        (
            {"held": {"by": "no", "from": "a", "to": "b", "with": {"by": "no"}}},
            "须有且只有 register",
        ),
    ],
)
def test_a_wrong_definition_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    raw = {
        "register": "r",
        "title": "台账",
        "key": "no",
        "fields": {"no": {"label": "号"}},
        "initial": "open",
        "statuses": {"open": "开"},
        **change,
    }
    with pytest.raises(DeploymentRejected) as refused:
        registers.read(yaml.safe_dump(raw, allow_unicode=True).encode(), "r.yaml")
    assert any(words in finding.message for finding in refused.value.findings)


def test_many_takers_never_hold_the_same_blank(
    database: Database, configured: settings.Settings
) -> None:
    with database.transaction() as opened:
        blanks(opened, 20)
    barrier = threading.Barrier(6)

    def take(worker: int) -> list[str]:
        barrier.wait()
        taken = []
        for turn in range(5):
            with database.transaction() as opened:
                one = registers.allot(
                    opened,
                    "blank_item",
                    where={"kind": "yacht_licence"},
                    to="allotted",
                    trace=TRACE,
                    changes={"card_order_no": f"Y{worker}-{turn}"},
                )
            if one is not None:
                taken.append(one.key)
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [serial for group in pool.map(take, range(6)) for serial in group]
    assert len(taken) == len(set(taken)) == 20


def test_two_equal_keys_at_once_leave_one_record(
    database: Database, configured: settings.Settings
) -> None:
    barrier = threading.Barrier(4)

    def add(_worker: int) -> str:
        barrier.wait()
        try:
            with database.transaction() as opened:
                blanks(opened, 1)
        except (Conflict, Duplicate, IntegrityError) as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(add, range(4)))
    assert results.count("done") == 1
    assert set(results) <= {"done", "Duplicate", "Conflict", "IntegrityError"}


def test_two_grants_at_once_leave_one_licence_to_be_made_and_a_clear_refusal(
    database: Database, configured: settings.Settings
) -> None:
    """Y-61, Y-89: whoever is slower is told by the ledger which rule stands in the way."""
    barrier = threading.Barrier(4)

    def grant(_worker: int) -> str:
        barrier.wait()
        try:
            database.run(a_licence)
        except Duplicate as refused:
            return refused.message
        return "granted"

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(grant, range(4)))
    assert results == ["granted", *["持证人已有同类别等级的待制证证书"] * 3]


def test_words_are_looked_up_once_in_the_index_of_a_ledger_and_not_record_by_record(
    database: Database,
) -> None:
    """P-45: on both databases; a list of 100,000 certificates is searched this way."""
    ledger = registers.definition("blank_item")
    wanted = select(RegisterRecord.key).where(
        RegisterRecord.register == "blank_item",
        RegisterRecord.id.in_(holding(ledger, ledger.search, "B1")),
    )

    def explained(session: Session) -> str:
        blanks(session, 300)
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("ANALYZE"))
            explain = "EXPLAIN"
        else:
            explain = "EXPLAIN QUERY PLAN"
        told = wanted.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        assert len(session.scalars(wanted).all()) == 300
        plan = session.connection().exec_driver_sql(f"{explain} {told}")
        return "\n".join(str(tuple(row)) for row in plan)

    plan = database.run(explained)
    assert re.search(r"(ix|pk)_register_index", plan), plan
    assert "CORRELATED" not in plan
    assert re.search(r"LIST SUBQUERY|hashed SubPlan|Hash(Aggregate| .*Join)", plan), plan
