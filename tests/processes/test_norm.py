"""The technical norms are written from the models (P-19, P-38, P-60): steps, rules and forms."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from processes.demo import loader
from processes.modelling import norm
from processes.modelling.norm import Norm
from web.cli import main

DOCS = Path(__file__).parents[2] / "docs" / "norms"
NORMS = norm.all_norms(loader.MODELS)


@pytest.fixture(params=NORMS, ids=lambda one: one.code)
def told(request: pytest.FixtureRequest) -> Norm:
    found: Norm = request.param
    return found


def test_each_norm_names_every_process_with_its_steps_rules_and_forms(told: Norm) -> None:
    text = norm.written(told)
    for folder in told.folders:
        assert f"（`{folder.name}`）" in text
    assert "| 环节 | 岗位 | 办理 | 时限 |" in text
    assert "| 项目 | 必填 |" in text
    assert all(basis in text for basis in told.basis)


def test_each_is_delivered_with_the_documents(told: Norm) -> None:
    assert (DOCS / f"{told.code}.md").read_text("utf-8").startswith(f"# {told.title}")


def test_the_norm_of_the_one_window_says_what_its_models_say() -> None:
    """P-19: departments by kind of registration, limits, who does what, four eyes."""
    text = norm.written(next(one for one in NORMS if one.code == "one_window"))
    assert '| "resale" | true | true | true | "买卖" | "right_certificate" |' in text
    assert "| 登记审核 | 不动产登记审核人 | 人工办理 | 2 个工作日 |" in text
    assert "| 登记预审 | 不动产登记审核人 |" in text, "the role that the task names itself"
    assert "四眼原则" in text
    assert "| 登记类型 | 是 |" in text


def test_the_command_lists_prints_and_refuses(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert "不动产登记信息网络查询技术规范" in run(main, ["norm"]).output
    assert run(main, ["norm", "info_query"]).output.startswith("# 不动产登记信息网络查询技术规范")
    assert "没有规范『nothing』" in run(main, ["norm", "nothing"]).output
    run(main, ["norm", "--into", str(tmp_path)])
    assert len(list(tmp_path.glob("*.md"))) == len(NORMS)
