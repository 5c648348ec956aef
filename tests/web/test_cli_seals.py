"""`banli seal`: a seal is revoked on the command line, audited, and its file shows it (P-67)."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from adapters._shared import pades
from adapters._shared.seals import AGENCIES
from adapters._simulators.authority import PASSWORD, Authority
from processes.model.people import AuditEvent
from web.cli import main
from web.commands.opening import opened

CODE = "PR610100"


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the command says in an installation that keeps its seals itself."""
    authority = Authority(tmp_path / "seals")
    authority.seal(CODE, "西安市不动产登记局", "登记专用章")
    for name, value in {
        "BANLI_HOME": str(tmp_path / "home"),
        "BANLI_ADAPTERS": "seal_local",
        "SEAL_LOCAL_FOLDER": str(authority.folder / "seals"),
        "SEAL_LOCAL_PASSWORD": PASSWORD.decode(),
        "SEAL_LOCAL_TSA_URL": "http://127.0.0.1:1/tsa",
        "SEAL_LOCAL_TRUST": str(authority.trust),
    }.items():
        monkeypatch.setenv(name, value)

    def run(*told: str) -> Result:
        return CliRunner().invoke(main, told)

    assert run("db", "upgrade").exit_code == 0
    return run


def trail() -> list[tuple[str, str, str, str]]:
    with opened() as here, here.database.read_session() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.action.like("seal.%")))
        rows = sorted(found, key=lambda one: one.id)
        return [(one.action, one.actor, one.subject_id, one.result) for one in rows]


def test_a_seal_is_revoked_with_reason_and_day_and_audited(said, tmp_path: Path):
    assert "使用中" in said("seal", "list").output
    told = ("seal", "revoke", CODE, "--reason", "keyCompromise", "--since", "2026-03-02T09:00")
    done = said(*told)
    assert done.exit_code == 0, done.output
    assert "已于2026年03月02日09:00吊销（私钥泄露或者可能泄露）" in done.output
    assert "已吊销" in said("seal", "list").output
    named = f"{AGENCIES}:{CODE}"
    assert trail() == [
        ("seal.revocation_ordered", "cli", named, "done"),
        ("seal.revoked", "cli", named, "done"),
    ]
    again = said(*told)
    assert again.exit_code == 1
    assert "吊销" in again.output
    assert trail()[-1] == ("seal.revoked", "cli", named, "failed")
    assert pades.roots(tmp_path / "seals" / "root.pem")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (("NOBODY", "--reason", "superseded"), "没有编码为“NOBODY”的印章"),
        ((CODE, "--reason", "superseded", "--since", "9999-01-01"), "不能晚于现在"),
        ((CODE, "--reason", "superseded", "--since", "昨天"), "不是时间"),
        ((CODE, "--reason", "superseded", "--keeper", "esign"), "请打开它的页面吊销"),
        ((CODE, "--reason", "mood"), "--reason"),
        ((CODE,), "--reason"),
    ],
)
def test_what_cannot_be_revoked_is_said_and_leaves_the_seal(said, told: tuple[str, ...], why: str):
    done = said("seal", "revoke", *told)
    assert done.exit_code != 0
    assert why in done.output
    assert "使用中" in said("seal", "list").output
