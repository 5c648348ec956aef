"""No construct is accepted and ignored: the standard's schema is walked, each element is tried.

The schema is read from SpiffWorkflow's package; what becomes of an element is seen, not believed:
it is put where the schema lets it stand, in a model that has no finding without it.
"""

from pathlib import Path

import pytest

import engine
from engine import compiler
from engine import vocabulary as voc
from engine.constructs import ATTRIBUTES, CONSTRUCTS
from engine.schema.grammar import bpmn
from tests.engine.invalid.making import A, E, F, S, file, process

ELEMENTS = sorted({name for space, name in bpmn().elements if space == voc.BPMN})


def parts():
    """Every element with a type that may stand in another, with that other: (parent, child)."""
    found = []
    for parent in ELEMENTS:
        made = bpmn().of((voc.BPMN, parent))
        for slot in made.slots if made else ():
            found += [(parent, child) for space, child in slot.types if space == voc.BPMN]
    return found


def local_names():
    return sorted({*ELEMENTS, *(child for _parent, child in parts())})


def test_every_element_of_the_schema_has_one_row():
    assert set(local_names()) == set(CONSTRUCTS)
    assert all(row.zh and row.group for row in CONSTRUCTS.values())
    assert all(row.reason for row in CONSTRUCTS.values() if row.status == "refused")


def model(inner: str, at: str = "process") -> bytes:
    """start → a → end, with something in the file, in the process, or in the task."""
    task = A.replace("/>", f">{inner}</userTask>") if at == "userTask" else A
    body = process(S, task, E, F("s", "a"), F("a", "e"), inner if at == "process" else "")
    return file(body, inner if at == "definitions" else "")


def errors(data: bytes):
    found = compiler.check({"m.bpmn": data})
    return {(one.code, one.element, one.message) for one in found if one.severity == "error"}


PLAIN = {"process": errors(model("")), "userTask": errors(model("", "userTask"))}
REFUSED = sorted(name for name, row in CONSTRUCTS.items() if row.status == "refused")


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("place", ["definitions", "process", "userTask"])
def test_what_the_table_refuses_is_refused_by_its_name_wherever_it_stands(name, place):
    found = [one for one in errors(model(f"<{name}/>", place)) if one[0] == "construct_unsupported"]
    assert any(
        f"（{name}）" in message and CONSTRUCTS[name].zh in message for _c, _e, message in found
    )


def holders(name: str):
    """The elements that hold an element by the schema, those that we execute first."""
    order = {"executed": 0, "documentation": 1, "refused": 2}
    found = [parent for parent, child in parts() if child == name]
    return sorted(found, key=lambda parent: order[CONSTRUCTS[parent].status])


@pytest.mark.parametrize(
    "name", sorted(n for n, row in CONSTRUCTS.items() if row.status == "documentation")
)
def test_documentation_is_kept_and_changes_nothing_where_it_may_stand(name):
    assert holders(name), name
    for place in {"definitions", "process", "userTask"} & set(holders(name)):
        found = errors(model(f'<{name} id="x"/>', place)) - PLAIN["process"]
        # a part may be missing in it, but it is neither unknown nor refused
        assert not {code for code, _e, _m in found} & {"construct_unsupported", "element_unknown"}


def test_what_may_not_stand_in_a_place_is_refused_there_whatever_it_is():
    for name, row in CONSTRUCTS.items():
        allowed = {"definitions", "process", "userTask"} & set(holders(name))
        for place in {"process", "userTask"} - allowed:
            found = {code for code, _e, _m in errors(model(f'<{name} id="x"/>', place))}
            assert found & {"construct_unsupported", "element_unknown"}, (name, place, row.status)


def typed():
    """Each executed element whose type has attributes, with its type."""
    kinds = {}
    for holder in ELEMENTS:
        made = bpmn().of((voc.BPMN, holder))
        kinds.setdefault(holder, bpmn().elements[voc.BPMN, holder])
        for slot in made.slots if made else ():
            kinds.update((child, kind) for (_space, child), kind in slot.types.items())
    for name, kind in sorted(kinds.items()):
        formal = (voc.BPMN, "tFormalExpression") if kind[1] == "tExpression" else kind
        if name in CONSTRUCTS and CONSTRUCTS[name].status == "executed":
            yield name, bpmn().type(formal)


def pairs():
    return [
        (name, attribute)
        for name, made in typed()
        if made
        for attribute in sorted(set(made.attributes) - {"id", "name"})
    ]


SOURCES = "\n".join(
    path.read_text("utf-8")
    for path in Path(engine.__file__).parent.rglob("*.py")
    if path.name not in {"constructs.py", "vocabulary.py"}
)


@pytest.mark.parametrize(("name", "attribute"), pairs())
def test_every_attribute_of_an_executed_element_is_read_describes_or_is_refused(name, attribute):
    status, use = ATTRIBUTES.get(attribute, ("refused", "refused"))
    assert use
    if status == "executed":
        assert f'"{attribute}"' in SOURCES or attribute in voc.FIXED_ATTRIBUTES
    if status == "refused":
        place = "userTask" if "userTask" in holders(name) else "process"
        found = errors(model(f'<{name} id="x" {attribute}="zzz"/>', place))
        assert any(
            code == "attribute_unsupported" and attribute in text for code, _e, text in found
        )


def test_a_language_other_than_feel_is_refused_wherever_it_is_named():
    flow = F("a", "e", '<conditionExpression language="python">x</conditionExpression>')
    assert "expression_language" in {
        one[0] for one in errors(file(process(S, A, E, F("s", "a"), flow)))
    }
    whole = 'id="d" targetNamespace="t" expressionLanguage="http://www.w3.org/1999/XPath"'
    flow = flow.replace(' language="python"', "")
    data = file(process(S, A, E, F("s", "a"), flow), attributes=whole)
    assert "expression_language" in {one[0] for one in errors(data)}
    data = file(process(S, A, E, F("s", "a"), F("a", "e")), attributes=whole)
    assert errors(data) == set()
