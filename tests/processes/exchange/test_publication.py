"""Reports in real time by data of the domain (P-35, P-37): what is wrong with the data is named."""

from pathlib import Path

import pytest
from sqlalchemy import select

from engine.model import OutboxMessage
from processes.domains import domains
from processes.domains.domains import DomainRefused
from processes.exchange import publication
from processes.play import Play

HEAD = "title: 试\ntitle_en: Try\npublications:\n  case_data:\n    processes: [prop_]\n"


def loaded(tmp_path: Path, rest: str) -> domains.Domains:
    folder = tmp_path / "try"
    folder.mkdir()
    (folder / "domain.yaml").write_text(HEAD + rest, encoding="utf-8")
    return domains.load(tmp_path)


def test_a_publication_is_read_whole(tmp_path: Path) -> None:
    rest = "    changed: [case_status]\n    key: work_order_no\n    body: {status: =case_status}\n"
    told = loaded(tmp_path, rest).publications["case_data"]
    assert told.concerns("prop_tax")
    assert not told.concerns("yacht_licence_issue")
    assert (told.key.text, told.body["status"].text) == ("work_order_no", "case_status")


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("    key: a\n    body: {}\n", "case_data.value.changed：缺少这个项目"),
        ("    changed: [x]\n    key: a +\n    body: {}\n", "case_data.value.key：不是有效的 FEEL"),
        (
            "    changed: [x]\n    key: a\n    body: {b: (}\n",
            "case_data.value.body.b.value：不是有效",
        ),
        (
            "    changed: [x]\n    key: a\n    body: {}\n    to: b\n",
            "case_data.value.to：没有这个项目",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(tmp_path: Path, rest: str, words: str) -> None:
    with pytest.raises(DomainRefused, match=words):
        loaded(tmp_path, rest)


def test_an_evaluation_is_reported_as_soon_as_it_is_given(play: Play) -> None:
    """P-37: evaluation data in real time, of this domain's cases alone."""
    publication.reach({"evaluation_data"})
    play.worker.remote, play.worker.routes = ("evaluation_data",), {"evaluation_data": "platform"}
    try:
        for number in ("P6101002026030200001X", "Y3700012026030200001X"):
            case = play.start(
                "common_evaluation",
                evaluated_no=number,
                evaluated_title="抵押登记",
                org="370001",
                channel="web",
                applicant={"user": play.user("applicant").id, "name": "申请人"},
            )
            case.sends("评价服务", stars="5", tags=["fast"], text="办得快")
    finally:
        publication.reach(())
    with play.session() as session:
        (told,) = session.scalars(select(OutboxMessage)).all()
    assert (told.topic, told.correlation_key) == ("evaluation_data", "P6101002026030200001X")
    assert told.payload["stars"] == 5
    assert told.payload["work_order_no"] == "P6101002026030200001X"
