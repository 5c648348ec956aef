"""B.2 归档 by API: once, of a finished case, with the same package ever after."""

import hashlib


def test_a_finished_case_is_archived_and_its_package_stays_the_same(caller, filed):
    manager = caller("manager")
    case = f"/cases/{filed()['id']}"
    early = manager.post(f"{case}/archive", key="early")
    assert (early.status_code, early.json["detail"]) == (409, "办件尚未办结，不能归档")
    manager.post(f"{case}/terminate", {"reason": "申请人撤回"})
    assert caller("acceptor").post(f"{case}/archive").status_code == 403
    assert caller("stranger").post(f"{case}/archive").status_code in {403, 404}
    done = manager.post(f"{case}/archive", key="archive")
    again = manager.post(f"{case}/archive", key="archive")
    assert (done.status_code, done.json) == (201, again.json)
    assert manager.post(f"{case}/archive").status_code == 409
    assert manager.get(case).json["status"] == "archived"
    packages = [manager.get(f"{case}/archive").data for _ in range(2)]
    assert {hashlib.sha256(one).hexdigest() for one in packages} == {done.json["sha256"]}
