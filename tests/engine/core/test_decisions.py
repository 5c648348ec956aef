"""Business rule tasks: the decision's value, its record in the history, its failures."""

from typing import Any

from engine import compiler, dmn
from tests.engine.core.scenario import Case, Node, rule, xml

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="grade" name="grade"><variable name="grade"/><decisionTable hitPolicy="UNIQUE">
<input id="i1"><inputExpression><text>age</text></inputExpression></input><output id="o1" name="grade"/>
<rule id="r1"><inputEntry><text>&lt; 18</text></inputEntry><outputEntry><text>"young"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>&gt;= 18</text></inputEntry><outputEntry><text>"adult"</text></outputEntry></rule>
<rule id="r3"><inputEntry><text>99</text></inputEntry><outputEntry><text>"old"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def decisions() -> dict[str, Any]:
    return {"grade": dmn.read(TABLE.encode(), "d.dmn").find("grade")}


def test_a_decision_becomes_a_variable_and_its_rule_is_in_the_history():
    case = Case(
        xml("start -> d -> a -> end", d=rule("grade", "result")), decisions=decisions(), age=20
    )
    assert case.variables["result"] == "adult"
    found = next(one for one in case.events if one.type == "decision.evaluated")
    assert found.activity == "d"
    assert found.data["decision"] == "grade"
    assert [match["id"] for match in found.data["matched"]] == ["r2"]
    assert list(found.data["inputs"].values()) == [20]


def test_two_rules_under_unique_are_an_incident():
    case = Case(
        xml("start -> d -> a -> end", d=rule("grade", "result")), decisions=decisions(), age=99
    )
    assert case.incidents == ["d"]


def test_an_unknown_decision_is_an_incident():
    assert Case(xml("start -> d -> end", d=rule("nothing", "result"))).incidents == ["d"]


def test_the_history_has_the_decisions_asked_first_and_the_words_of_the_table():
    based = TABLE.replace(
        "</definitions>",
        '<decision id="fee" name="费用"><variable name="fee"/><informationRequirement id="n">'
        '<requiredDecision href="#grade"/></informationRequirement><literalExpression>'
        '<text>if grade = "young" then 0 else 10</text></literalExpression></decision></definitions>',
    )
    found = dmn.read_all({"d.dmn": based.encode()})
    case = Case(xml("start -> d -> end", d=rule("fee", "result")), decisions=found, age=20)

    event = next(one for one in case.events if one.type == "decision.evaluated")
    assert event.data["name"] == "费用"
    assert event.data["outputs"] == [10]
    (first,) = event.data["required"]
    assert (first["decision"], first["matched"]) == ("grade", [{"index": 2, "id": "r2"}])


def bound(**binding: str) -> bytes:
    attributes = " ".join(f'{name}="{value}"' for name, value in binding.items())
    called = f'<zeebe:calledDecision decisionId="grade" resultVariable="r" {attributes}/>'
    return xml("start -> d -> end", d=Node("businessRuleTask", extensions=called))


def codes(model: bytes, **files: bytes) -> set[str]:
    return {one.code for one in compiler.check({"m.bpmn": model, **files})} - {"name_missing"}


def test_bindings_of_a_decision_that_are_incomplete_or_lead_nowhere_are_refused():
    assert "binding_type" in codes(bound(bindingType="newest"))
    assert "binding_type" in codes(bound(bindingType="versionTag"))
    assert "binding_type" in codes(bound(versionTag="1"))
    assert codes(bound(bindingType="latest")) == set()
    assert codes(bound(bindingType="deployment")) == {"binding_missing"}
    assert codes(bound(bindingType="deployment"), **{"d.dmn": TABLE.encode()}) == set()


def test_a_decision_without_the_wanted_tag_is_an_incident():
    case = Case(bound(bindingType="versionTag", versionTag="2"), decisions=decisions(), age=3)
    assert case.incidents == ["d"]


def test_the_history_has_what_people_call_the_conclusions():
    outputs = '<output id="o1" name="grade" label="级别"/><output id="o2" name="note"/>'
    table = TABLE.replace('<output id="o1" name="grade"/>', outputs).replace(
        "</outputEntry></rule>", "</outputEntry><outputEntry><text>1</text></outputEntry></rule>"
    )
    found = {"grade": dmn.read(table.encode(), "d.dmn").find("grade")}
    case = Case(xml("start -> d -> end", d=rule("grade", "result")), decisions=found, age=20)

    event = next(one for one in case.events if one.type == "decision.evaluated")
    assert event.data["outputs"] == [{"grade": "adult", "note": 1}]
    assert event.data["labels"] == {"grade": "级别"}
