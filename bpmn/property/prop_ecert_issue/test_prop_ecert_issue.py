"""电子证照签发: at the moment of the book entry, sealed, kept; what fails goes on the problem list."""

import io
from typing import Any

import pytest
from pypdf import PdfReader
from stdnum.iso7064 import mod_37_36

from bpmn.property import seals, story
from processes.documents import documents, files
from processes.identity import identifiers
from processes.play import Play


def problems(play: Play) -> list[dict[str, Any]]:
    return story.records(play, "ecert_problem")


def events(play: Play, ecert_id: str) -> list[str]:
    return [one["kind"] for one in story.records(play, "ecert_event", ecert_id=ecert_id)]


def test_a_registration_in_our_book_has_its_certificate_at_once(play: Play) -> None:
    """P-42, P-47, P-55: issued while the entry is made; one number, one sealed file."""
    case = story.handled(play)
    story.booked(case)
    assert (case.ended, case.variables["certificate_result"]) == ("registered", "issued")
    (held,) = story.records(play, "ecert", unit_code=story.UNIT)
    assert (held["status"], held["source"], held["version"]) == ("issued", "incremental", 1)
    assert held["certificate_no"] == case.variables["certificate_no"]
    assert events(play, held["ecert_id"]) == ["issued"]
    assert case.letters[-1] == "letter_right_certificate"
    with play.session() as session:
        document = documents.verify(session, held["verification_code"])
        assert (document.sha256, document.status) == (held["sha256"], "issued")


def test_the_identifier_follows_its_standard(play: Play) -> None:
    """GB/T 36904: root, kind, issuer, serial, version, check character Mod 37,36."""
    case = story.handled(play)
    story.booked(case)
    (held,) = story.records(play, "ecert", unit_code=story.UNIT)
    head, _, check = held["ecert_id"].rpartition(".")
    covered = head.removeprefix("1.2.156.3005.2.").replace(".", "")
    assert mod_37_36.calc_check_digit(covered) == check
    assert identifiers.is_certificate_id(held["ecert_id"])
    assert "11610100MB29145699" in held["ecert_id"]


def test_a_city_reports_its_entry_gets_the_certificate_and_attaches_it(play: Play) -> None:
    """P-47, P-48, P-49: the message starts the issue, the answer says where the file is."""
    seals.employed(play)
    case = story.entry_reported(play)
    assert (case.ended, case.status, case.row.outcome) == ("attached", "completed", "issued")
    assert case.messages == ["ecert_changed", "certificate_attached"]
    (held,) = story.records(play, "ecert", entry_no=story.CITY["entry_no"])
    assert (held["holder_name"], held["org"]) == ("权利人一、权利人二", "PR610100")
    with play.session() as session:
        text = PdfReader(io.BytesIO(files.read(session, held["sha256"]))).pages[0].extract_text()
    assert "121.35 平方米" in text
    assert "610113 001002 GB00001 F00010002" in text


def test_the_same_entry_reported_twice_has_one_certificate(play: Play) -> None:
    """Duplicate-safe: a copy of the message, and the same entry under another message number."""
    desk = seals.employed(play)
    first = story.entry_reported(play)
    assert story.entry_reported(play).id == first.id
    again = story.entry_reported(play, "m-2")
    assert (again.ended, again.variables["ecert_result"]) == ("already_issued", "held")
    assert len(story.records(play, "ecert", entry_no=story.CITY["entry_no"])) == 1
    assert [order.format for order in desk.asked] == ["pdf", "ofd"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unit_code": "610113001002XB00001F00010002"}, "不动产单元代码不是 28 位规定格式"),
        ({"certificate_no": "西安777号"}, "证书（证明）号不符合"),
        ({"holders": [{"name": "权利人一"}]}, "缺少权利人证件号码"),
        ({"right_kind": None}, "缺少权利类型"),
    ],
)
def test_data_that_are_wrong_go_on_the_problem_list(
    play: Play, changes: dict[str, Any], why: str
) -> None:
    """P-44: named one by one, the clerk is told, nothing is sealed."""
    desk = seals.employed(play)
    case = story.entry_reported(play, **changes)
    assert (case.ended, case.row.outcome) == ("problem", "problem")
    (found,) = problems(play)
    assert why in found["reason"]
    assert (found["stage"], found["status"]) == ("check", "open")
    assert desk.asked == []
    assert story.notices_of(play, "prop_ecert_clerk") == ["电子证照未能生成"]


def test_every_problem_of_an_entry_is_named_at_once(play: Play) -> None:
    seals.employed(play)
    story.entry_reported(play, unit_code="1", certificate_no="2", holders=[{"name": ""}])
    (found,) = problems(play)
    assert len(found["reasons"]) == 4


def test_a_seal_that_fails_leaves_the_registration_valid(play: Play) -> None:
    """Domain section 6: failure → problem list; the book entry stays as it is."""
    case = story.handled(play)
    seals.employed(play).refuses = "印章使用审批未通过"
    story.booked(case)
    assert (case.ended, case.row.outcome) == ("registered", "registered")
    (entry,) = story.records(play, "register_entry", unit_code=story.UNIT)
    assert entry["status"] == "current"
    (found,) = problems(play)
    assert (found["stage"], found["reason"]) == ("seal", "印章使用审批未通过")
    assert story.records(play, "ecert") == []
    assert "补发后另行通知" in notice(play)


def notice(play: Play) -> str:
    from processes.casefile import notices  # noqa: PLC0415 - one test needs the words

    who = play.user("applicant")
    told = play.run(lambda session: list(notices.box(session, who)))
    return " ".join(str(one.body) for one in told)


def test_a_kind_without_a_published_catalogue_is_not_issued(play: Play) -> None:
    """P-38: only what the catalogue has published."""
    from processes import registers  # noqa: PLC0415 - only this test changes the catalogue
    from processes.registers import Trace  # noqa: PLC0415

    seals.employed(play)
    play.run(
        lambda session: registers.transition(
            session,
            "ecert_catalog",
            "11100000MB03271699021",
            "retired",
            trace=Trace("test"),
            changes={"retired_on": story.CITY["registered_at"].date()},
        )
    )
    case = story.entry_reported(play)
    assert case.ended == "problem"
    assert problems(play)[0]["stage"] == "catalog"


def test_the_new_owners_certificate_takes_the_place_of_the_old_one(play: Play) -> None:
    """P-15, P-45: a transfer; whoever scans the old file learns that it was replaced."""
    seals.employed(play)
    story.entry_reported(play, unit_code=story.UNIT)
    (old,) = story.records(play, "ecert", unit_code=story.UNIT)
    case = story.handled(play)
    story.booked(case)
    held = {one["entry_no"]: one for one in story.records(play, "ecert", unit_code=story.UNIT)}
    replaced = held[old["entry_no"]]
    new = next(one for one in held.values() if one["entry_no"] != old["entry_no"])
    assert (replaced["status"], replaced["superseded_by"]) == ("superseded", new["ecert_id"])
    assert events(play, old["ecert_id"]) == ["issued", "superseded"]
    with play.session() as session:
        assert documents.verify(session, old["verification_code"]).status == "replaced"
        assert documents.verify(session, new["verification_code"]).status == "issued"


def test_a_proof_stands_beside_the_certificate_of_the_unit(play: Play) -> None:
    """A mortgage gives a proof (证明) of its own; the certificate of the owner stays valid."""
    seals.employed(play)
    story.entry_reported(play)
    proof = "陕(2026)西安市不动产证明第0000009号"
    story.entry_reported(play, "m-2", entry_no="XA2", certificate_no=proof, right_kind="抵押权")
    held = story.records(play, "ecert", unit_code=story.CITY["unit_code"])
    assert {(one["kind"], one["status"]) for one in held} == {
        ("right_certificate", "issued"),
        ("registration_proof", "issued"),
    }
