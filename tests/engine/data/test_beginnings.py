"""Beginnings on the database: messages at gateways, activities begun by hand, versions of calls."""

import pytest

from engine import repository, runtime, tasks
from engine.errors import Conflict, NotFound
from engine.model import HistoryEvent, ProcessInstance
from tests.engine.core.scenario import Node, call, event, message, user, xml
from tests.engine.data.site import Site
from web.database import Database


@pytest.fixture
def site(memory: Database) -> Site:
    return Site(memory)


def test_the_messages_of_a_parallel_gateway_find_the_one_instance_that_the_first_began(site: Site):
    site.deploy(
        p=xml(
            "g -> paid_c -> a -> end; g -> signed_c -> b -> end",
            messages={"paid": "ref", "signed": "ref"},
            g=Node("eventBasedGateway", 'instantiate="true" eventGatewayType="Parallel"'),
            paid_c=event("catch", message("paid")),
            signed_c=event("catch", message("signed")),
        )
    )
    assert site.send("signed", "R1", message_id="1", ref="R1") == "started"
    assert site.send("paid", "R1", message_id="2", ref="R1") == "delivered"
    assert set(site.tasks()) == {"a", "b"}
    assert site.count(ProcessInstance) == 1
    assert site.send("paid", "R2", message_id="3", ref="R2") == "started"
    assert site.count(ProcessInstance) == 2


def test_an_activity_is_begun_while_its_sub_process_is_open(site: Site):
    box = Node(
        "adHocSubProcess",
        'ordering="Sequential"',
        children="<completionCondition>=done</completionCondition>",
        nodes={"a": user(), "b": user()},
    )
    site.deploy(p=xml("start -> box -> z -> end", box=box))
    case = site.start("p", done=False)
    [(ad_hoc, elements)] = site.run(runtime.startable, case).items()
    assert [one.id for one in elements] == ["a", "b"]
    with pytest.raises(NotFound):
        site.run(runtime.begin, case, ad_hoc, "nothing", by="u1")
    site.run(runtime.begin, case, ad_hoc, "b", by="u1")
    assert set(site.tasks(case)) == {"b"}
    assert site.run(runtime.startable, case) == {}
    with pytest.raises(Conflict):
        site.run(runtime.begin, case, ad_hoc, "a", by="u1")
    site.complete("b", done=True)
    assert set(site.tasks(case)) == {"z"}


def test_a_decision_is_bound_to_the_latest_its_deployment_or_a_tag(site: Site):
    def deciding(**binding: str) -> bytes:
        text = " ".join(f'{name}="{value}"' for name, value in binding.items())
        called = f'<zeebe:calledDecision decisionId="fee" resultVariable="r" {text}/>'
        rule = Node("businessRuleTask", extensions=called)
        return xml("start -> w -> d -> a -> end", key=f"p_{binding['bindingType']}", d=rule)

    def fee(amount: int, tag: str) -> bytes:
        return (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
            'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" name="d" namespace="n">'
            '<decision id="fee" name="费用"><extensionElements>'
            f'<zeebe:versionTag value="{tag}"/></extensionElements><variable name="fee"/>'
            f"<literalExpression><text>{amount}</text></literalExpression></decision></definitions>"
        ).encode()

    models = {
        "latest.bpmn": deciding(bindingType="latest"),
        "deployment.bpmn": deciding(bindingType="deployment"),
        "tag.bpmn": deciding(bindingType="versionTag", versionTag="2025"),
    }
    for amount, tag in ((10, "2025"), (11, "2025"), (12, "2026")):
        files = {"fee.dmn": fee(amount, tag)}
        site.run(repository.deploy, {**files, **(models if amount == 11 else {})}, by="admin")
        if amount == 11:
            cases = {key: site.start(f"p_{key}") for key in ("latest", "deployment", "versionTag")}
    for case in cases.values():
        site.run(tasks.complete, site.task("w", case), by="u1", variables={})
    assert {key: site.variables(case)["r"] for key, case in cases.items()} == {
        "latest": 12,
        "deployment": 11,
        "versionTag": 11,
    }
    told = [
        one.data["version"] for one in site.rows(HistoryEvent) if one.type == "decision.evaluated"
    ]
    assert sorted(told) == [2, 2, 3]


def test_a_call_is_bound_to_its_deployment_or_to_a_tag(site: Site):
    def called(task: str, tag: str) -> bytes:
        extension = f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>'
        return xml(f"start -> {task} -> end", key="q", before=extension)

    outer = xml("start -> w -> c -> end", c=call("q", bindingType="deployment"))
    tagged = xml(
        "start -> c -> end", key="r", c=call("q", bindingType="versionTag", versionTag="1")
    )
    site.deploy(p=outer, q=called("old", "1"))
    case = site.start("p")
    site.deploy(q=called("new", "2"), r=tagged)
    site.complete("w")
    assert set(site.tasks(case)) == {"old"}
    assert set(site.tasks(site.start("r"))) == {"old"}
