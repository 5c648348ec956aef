"""Conditional start events: facts told from outside begin a case when they become true."""

import pytest

from engine import conditions, repository
from engine.errors import BanliError
from engine.model import ProcessDefinition, ProcessInstance
from tests.engine.core.scenario import condition, event, message, xml
from tests.engine.data.site import Site
from web.database import Database


@pytest.fixture
def site(memory: Database) -> Site:
    return Site(memory)


def _watching(text: str = "stock < 10", key: str = "p") -> bytes:
    return xml("low -> a -> end", key=key, low=event("start", condition(text)))


def test_a_process_begins_when_its_condition_becomes_true_with_the_facts_as_variables(site):
    site.deploy(p=_watching())
    [begun] = site.run(conditions.tell, {"stock": 9, "place": "青岛"})
    assert site.variables(begun) == {"stock": 9, "place": "青岛"}
    assert set(site.tasks(begun)) == {"a"}


def test_it_does_not_begin_again_while_the_condition_stays_true(site):
    site.deploy(p=_watching())
    assert [len(site.run(conditions.tell, {"stock": one})) for one in (20, 9, 8, 7)] == [0, 1, 0, 0]


def test_it_begins_again_after_the_condition_was_false(site):
    site.deploy(p=_watching())
    assert [len(site.run(conditions.tell, {"stock": one})) for one in (9, 12, 9)] == [1, 0, 1]


def test_a_condition_that_reads_what_was_not_told_is_false(site):
    site.deploy(p=_watching())
    assert site.run(conditions.tell, {"weather": "rain"}) == []


def test_every_process_whose_condition_is_true_begins(site):
    site.deploy(p=_watching(), q=_watching("stock < 5", key="q"), r=_watching("stock > 0", key="r"))
    begun = site.run(conditions.tell, {"stock": 7})
    keys = {one.id: one.key for one in site.rows(ProcessDefinition)}
    found = {one.id: keys[one.definition_id] for one in site.rows(ProcessInstance)}
    assert sorted(found[one] for one in begun) == ["p", "r"]


def test_a_result_that_is_neither_true_nor_false_is_refused_and_nothing_begins(site):
    site.deploy(p=_watching("stock > 0"), q=_watching("stock + 1", key="q"))
    with pytest.raises(BanliError, match="true 或 false"):
        site.run(conditions.tell, {"stock": 1})
    assert site.count(ProcessInstance) == 0


def test_a_suspended_version_begins_nothing(site):
    site.deploy(p=_watching())
    [definition] = site.rows(ProcessDefinition)
    site.run(repository.suspend_definition, definition.id, suspended=True)
    assert site.run(conditions.tell, {"stock": 1}) == []


def test_a_new_version_watches_anew_and_the_old_one_no_more(site):
    site.deploy(p=_watching())
    site.run(conditions.tell, {"stock": 1})
    site.deploy(p=_watching("stock < 11"))
    [begun] = site.run(conditions.tell, {"stock": 1})
    versions = {one.id: one.version for one in site.rows(ProcessDefinition)}
    instances = {one.id: one.definition_id for one in site.rows(ProcessInstance)}
    assert versions[instances[begun]] == 2


def test_a_condition_may_be_one_of_several_beginnings(site):
    both = message("order") + condition("stock < 10")
    site.deploy(p=xml("s -> a -> end", messages={"order": ""}, s=event("start", both)))
    [begun] = site.run(conditions.tell, {"stock": 1})
    assert set(site.tasks(begun)) == {"a"}
