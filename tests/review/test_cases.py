"""Cases beside each other: numbers, duties, files."""

from processes.casefile import derivation
from processes.model.cases import Case
from tests.engine.core.scenario import event, message, xml
from tests.engine.data.site import Site
from web.database import Database

ORDER = xml("start -> a -> end", messages={"order": ""}, start=event("start", message("order")))


def test_a_second_order_with_the_same_key_is_a_case_of_its_own(memory: Database) -> None:
    derivation.register()
    site = Site(memory, p=ORDER)

    taken = [site.send("order", "Y1", message_id=one) for one in ("m-1", "m-2", "m-2")]

    assert taken == ["started", "started", "duplicate"]
    first, second = (case.reference for case in sorted(site.rows(Case), key=lambda case: case.id))
    assert first == "Y1"
    assert second.startswith("Y1-")
