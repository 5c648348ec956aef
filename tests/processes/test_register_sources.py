"""Choices that forms take from ledgers (`sources` of a domain file)."""

import pytest

from processes import registers
from processes.casework import sources
from processes.domains import domains
from processes.play import Play
from processes.registers import Trace

TRACE = Trace(by="test")


@pytest.mark.parametrize("name", domains.current().sources)
def test_a_source_names_fields_and_statuses_its_ledger_has(name: str) -> None:
    told = domains.current().sources[name]
    ledger = registers.definition(told.register)
    assert set(told.label) <= set(ledger.fields)
    assert set(told.statuses) <= set(ledger.statuses)
    assert {*told.where} <= {*ledger.search}
    assert set(told.own) <= {ledger.key, ledger.org, *ledger.search}
    assert set(told.match) <= {*ledger.search}
    assert set(told.holds) <= set(ledger.fields)
    assert set(told.referring) <= {*ledger.search}
    for field, statuses in told.referring.items():
        other = registers.definition(ledger.fields[field].refers.partition(".")[0])
        assert set(statuses) <= set(other.statuses)


def person(play: Play, unit: str, number: str) -> str:
    values = {
        "name": f"安全员{unit}",
        "id_no": number,
        "sex": "male",
        "birth_date": "1980-01-01",
        "post": "科长",
        "unit": unit,
        "unit_name": "某单位",
        "province_org": unit.replace("EN", "EP")[:6] + "00",
        "qualification_kind": "principal",
    }
    made = play.run(
        lambda session: registers.create(
            session, "expl_person", values, trace=TRACE, status="approved"
        )
    )
    return made.key


@pytest.mark.parametrize(
    ("login", "seen"),
    [("expl_enterprise", 1), ("expl_group", 1), ("expl_enterprise_js", 1), ("expl_association", 0)],
)
def test_somebody_chooses_from_the_own_organisation_and_those_below_it(
    play: Play, login: str, seen: int
) -> None:
    """E-56: the group sees the people of its member enterprises, nobody else's."""
    numbers = {
        "370001": person(play, "EN370001", "370902198001010019"),
        "320001": person(play, "EN320001", "320302198001010017"),
    }
    mine = numbers["320001" if login.endswith("js") else "370001"]

    def look(session: object) -> tuple[list[str], list[str]]:
        found = sources.lookups(session, play.user(login)).sources["expl_own_people"]  # type: ignore[arg-type]
        shown = [one.value for one in found.search("", {})]
        return shown, [one for one in numbers.values() if found.find(one, {})]

    shown, may = play.run(look)
    assert shown == may == [mine][:seen]


def test_a_choice_shows_its_words_and_is_found_by_them(play: Play) -> None:
    number = person(play, "EN370001", "370902198001010019")
    user = play.user("expl_enterprise")
    found = play.run(
        lambda session: sources.lookups(session, user).sources["expl_own_people"].search("EN37", {})
    )
    assert [(one.value, one.label) for one in found] == [(number, "安全员EN370001（科长，某单位）")]
