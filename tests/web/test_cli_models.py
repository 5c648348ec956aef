"""`banli check` and `banli deploy` refuse a bad model in the words of the page and the API."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import sealing
from processes import settings
from tests.web.analyst.bad_models import FAULTS, faulty
from web.cli import main

NAMES = pytest.mark.parametrize("name", FAULTS)
KEYS = {name: f"bad_cli_{number}" for number, name in enumerate(FAULTS)}


def written(root: Path, name: str) -> Path:
    folder = root / KEYS[name]
    for path, content in faulty(name, KEYS[name]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    """An installation of its own, with its tables; the keys of others come back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANLI_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(sealing, "_state_key", sealing._state_key)
        patch.setattr(settings, "_configured", None)
        done = CliRunner().invoke(main, ["db", "upgrade"])
        assert done.exit_code == 0, done.output
        yield


@pytest.fixture(scope="module")
def checked(home, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What one check of all of them says, as JSON."""
    root = tmp_path_factory.mktemp("models")
    for name in FAULTS:
        written(root, name)
    done = CliRunner().invoke(main, ["check", str(root), "--json"])
    assert done.exit_code == 1, done.output
    return json.loads(done.output)


@NAMES
def test_the_check_of_the_command_line_names_it(checked: dict, name: str) -> None:
    fault = FAULTS[name]
    found = [
        one
        for one in checked["findings"]
        if one["path"].endswith(f"/{KEYS[name]}") and one["severity"] == "error"
    ]
    wanted = [o for o in found if (o["code"], o["element"]) == (fault.code, fault.element)]
    assert any(fault.words in one["message"] for one in wanted), found


def test_the_sum_counts_what_is_listed(checked: dict) -> None:
    errors = [one for one in checked["findings"] if one["severity"] == "error"]
    assert checked["checked"] == len(FAULTS)
    assert checked["errors"] == len(errors)
    assert checked["warnings"] == len(checked["findings"]) - len(errors)


@NAMES
def test_the_command_line_deploys_none_of_them(home, tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(main, ["deploy", str(written(tmp_path, name))])
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert FAULTS[name].words in done.output, done.output


def test_a_single_file_is_checked_with_what_lies_beside_it(home, tmp_path: Path) -> None:
    folder = written(tmp_path, "a dangling reference")
    model = folder / f"{KEYS['a dangling reference']}.bpmn"
    done = CliRunner().invoke(main, ["check", str(model)])
    assert done.exit_code == 1
    assert f"{model}:" in done.output
    assert "form_missing" not in done.output
    model.write_text(model.read_text("utf-8").replace("nowhere", "closed"), encoding="utf-8")
    done = CliRunner().invoke(main, ["check", str(model)])
    assert done.exit_code == 0, done.output


def test_what_is_not_there_is_a_wrong_use(home, tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["check", str(tmp_path / "none.bpmn")]).exit_code == 2
    assert CliRunner().invoke(main, ["check"]).exit_code == 2
