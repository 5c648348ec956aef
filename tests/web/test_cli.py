"""The commands: what they print, what they refuse and with which words."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import sealing
from processes import settings
from web import running
from web.cli import main
from web.config import Settings

ROOT = Path(__file__).parents[2]
MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="https://banli.example">
  <bpmn:process id="sample_leave" name="请假" isExecutable="true">
    <bpmn:startEvent id="start" name="申请"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="decide" name="审批"><bpmn:extensionElements>
      <zeebe:formDefinition formId="form_decide" />
      <zeebe:assignmentDefinition candidateGroups="licence_manager@370001" />
    </bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="end" name="办结"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="decide" />
    <bpmn:sequenceFlow id="f2" sourceRef="decide" targetRef="end" />
  </bpmn:process>
</bpmn:definitions>
"""
FORM = """form: form_decide
title: 审批
sections:
  - title: 意见
    fields:
      - {name: agreed, label: 是否同意, type: boolean, required: true}
"""
Banli = Callable[..., Result]


@pytest.fixture
def banli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Banli]:
    """Runs a command on an installation of its own."""
    for name in [name for name in os.environ if name.startswith("BANLI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BANLI_HOME", str(tmp_path))
    monkeypatch.setenv("BANLI_RATE_LIMITS", "0")
    monkeypatch.setattr(sealing, "_state_key", sealing._state_key)
    monkeypatch.setattr(settings, "_configured", None)

    def run(*words: str, said: str = "") -> Result:
        return CliRunner().invoke(main, list(words), input=said or None)

    return run


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A folder with a process and its form."""
    folder = tmp_path / "models" / "sample_leave"
    (folder / "forms").mkdir(parents=True)
    (folder / "sample_leave.bpmn").write_text(MODEL, encoding="utf-8")
    (folder / "forms" / "form_decide.yaml").write_text(FORM, encoding="utf-8")
    return folder


@pytest.fixture
def upgraded(banli: Banli) -> Banli:
    """The same with its tables made."""
    done = banli("db", "upgrade")
    assert done.exit_code == 0, done.output
    return banli


def test_a_good_folder_is_checked_in_silence_but_for_the_sum(banli, sample):
    done = banli("check", str(sample))

    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith("共检查 1 个流程目录：0 处错误")


def test_every_finding_has_its_file_and_line_and_the_command_fails(banli, sample):
    model = sample / "sample_leave.bpmn"
    model.write_text(MODEL.replace("form_decide", "form_other"), encoding="utf-8")
    form = sample / "forms" / "form_decide.yaml"
    form.write_text(FORM.replace("boolean", "bool"), encoding="utf-8")

    done = banli("check", str(sample))

    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert any(
        line.startswith(f"{form}:6: 错误: 字段『agreed』：未知的字段类型『bool』") for line in lines
    )
    assert any(
        line.startswith(f"{model}:") and "form_other" in line and "[form_missing]" in line
        for line in lines
    )


def test_the_processes_of_this_repository_have_no_errors(banli):
    done = banli("check", str(ROOT / "bpmn"))

    assert done.exit_code == 0, done.output[-2000:]


def test_a_folder_without_processes_is_refused(banli, tmp_path):
    done = banli("check", str(tmp_path))

    assert done.exit_code == 2
    assert "目录中没有流程（.bpmn）或决策（.dmn）。" in done.output


def test_an_expression_is_evaluated_with_variables_and_working_days(banli):
    assert banli("feel", "a + 1", "--with", "{a: 41}").output == "42\n"
    assert banli("feel", 'add working days(date("2026-09-28"), 5)').output == "2026-10-10\n"
    assert banli("feel", '"a" + "b"').output == "ab\n"


def test_a_wrong_expression_says_where(banli):
    done = banli("feel", "1 +")

    assert done.exit_code == 1
    assert "第 1 行第" in done.output


def test_a_database_that_was_not_made_is_refused_with_the_way_out(banli):
    for command in (("serve",), ("case", "X"), ("user", "list")):
        done = banli(*command)
        assert done.exit_code == 1
        assert "请先运行：banli db upgrade" in done.output


@pytest.mark.parametrize("database", ["banli", "upgraded"])
def test_the_worker_refuses_on_sqlite(request, database):
    """Also where nothing is there yet: nobody is sent to make a database he may not use."""
    done = request.getfixturevalue(database)("worker")

    assert done.exit_code == 1
    assert "SQLite 只支持单进程" in done.output
    assert "BANLI_DATABASE_URL" in done.output


def test_a_demo_never_starts_with_production_settings(banli, monkeypatch):
    monkeypatch.setenv("BANLI_PROFILE", "production")
    monkeypatch.setenv("BANLI_HTTPS", "1")
    monkeypatch.setenv("BANLI_SECRET_KEY", "k" * 40)

    done = banli("demo")

    assert done.exit_code == 1
    assert "banli demo 只用于演示环境" in done.output


def test_unsafe_settings_stop_the_start_in_one_sentence(banli, monkeypatch):
    monkeypatch.setenv("BANLI_PROFILE", "production")

    done = banli("serve")

    assert done.exit_code == 1
    assert "生产环境必须经 HTTPS 访问" in done.output
    assert "Traceback" not in done.output


def test_a_folder_is_deployed_once(upgraded, sample):
    first, second = upgraded("deploy", str(sample)), upgraded("deploy", str(sample))

    assert first.exit_code == 0, first.output
    assert first.output == second.output
    assert first.output.startswith("已部署 sample_leave（")


def test_in_production_a_deployment_is_a_draft_of_an_author(upgraded, sample, monkeypatch):
    monkeypatch.setenv("BANLI_PROFILE", "production")
    monkeypatch.setenv("BANLI_HTTPS", "1")
    monkeypatch.setenv("BANLI_SECRET_KEY", "k" * 40)

    number, said = "11010519491231002X", "Banli-2026-pw\nBanli-2026-pw\n"
    upgraded("user", "add", "painter", "--name", "流程分析员", "--id-no", number, said=said)

    assert "--by" in upgraded("deploy", str(sample)).output
    assert "没有账号“nobody”" in upgraded("deploy", str(sample), "--by", "nobody").output
    assert "您没有这项操作的权限" in upgraded("deploy", str(sample), "--by", "painter").output


def test_accounts_are_opened_listed_and_given_tokens(upgraded):
    said = "Banli-2026-pw\nBanli-2026-pw\n"
    number = "11010519491231002X"

    added = upgraded("user", "add", "clerk", "--name", "受理人", "--id-no", number, said=said)
    listed = upgraded("user", "list")
    token = upgraded("user", "token", "clerk", "--scope", "worker:card_machine.print")
    odd = upgraded("user", "token", "clerk", "--scope", "everything")

    assert added.exit_code == 0, added.output
    assert "clerk\t受理人" in listed.output
    assert token.output.startswith("bl_")
    assert odd.exit_code == 1
    assert "没有账号“nobody”" in upgraded("user", "password", "nobody", said=said).output
    assert "应写成 角色@机构" in upgraded("user", "grant", "clerk", "acceptor").output
    ungranted = upgraded("user", "grant", "clerk", "licence_acceptor@370001")
    assert "没有『游艇驾驶证签发』业务授权" in ungranted.output


def test_a_weak_password_is_refused(upgraded):
    number = "11010519491231002X"

    done = upgraded(
        "user", "add", "clerk", "--name", "甲", "--id-no", number, said="short\nshort\n"
    )

    assert done.exit_code == 1


def test_an_unknown_case_is_said_to_be_unknown(upgraded):
    assert "没有工作单号为“X1”的办件" in upgraded("case", "X1").output


def test_a_form_of_no_known_code_is_said_to_be_unknown(upgraded):
    done = upgraded("verify-form", "2" * 16)
    assert (done.exit_code, "没有这个核验码对应的审批单" in done.output) == (1, True)


def test_a_document_of_no_known_code_or_bytes_is_not_passed(upgraded, tmp_path):
    done = upgraded("verify-document", "2" * 16)
    assert (done.exit_code, "核验通过" in done.output) == (1, False)
    strange = tmp_path / "strange.pdf"
    strange.write_bytes(b"%PDF-1.7 of a stranger")
    done = upgraded("verify-document", str(strange))
    assert (done.exit_code, "不是本系统签发的文件" in done.output) == (1, True)


def test_routes_and_adapters_that_are_none_stop_the_start():
    with pytest.raises(running.CannotStart, match="报文名=通道名"):
        running.routes_of({"BANLI_ROUTES": "card_order"})
    with pytest.raises(running.CannotStart, match="没有名为『fax』的适配器"):
        running.adapters_of(Settings(), {"BANLI_ADAPTERS": "fax"})
    assert running.routes_of({"BANLI_ROUTES": "a=b, c=d"}) == {"a": "b", "c": "d"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_answers_and_leaves_on_sigterm(upgraded, tmp_path):
    port = free_port()
    env = {**os.environ, "BANLI_PORT": str(port), "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen(
        [sys.executable, "-m", "web.cli", "serve"],
        env=env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = program.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10) as answer:
            assert answer.status == 200
        second = subprocess.run(
            [sys.executable, "-m", "web.cli", "serve"],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        program.send_signal(signal.SIGTERM)
        started = time.monotonic()
        _out, errors = program.communicate(timeout=30)

    assert f"http://127.0.0.1:{port}" in line
    assert second.returncode == 1
    assert f"端口 {port} 已被占用" in second.stderr
    assert time.monotonic() - started < 25
    assert program.returncode == 0, errors
    assert "Traceback" not in errors
