"""What is written down: one line an event, ids and no values."""

import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from web import logs
from web.config import Settings, UnsafeSettings

ROOT = Path(__file__).parents[2]
TYPED = (
    "370202199003070011", "37020219900307001X", "370202900307001", "13800000000", "+86 138-0000-0000",
    "0532-88888888", "91370200MA3CQ5XY2K", "someone@example.org", "王某某", "山东省青岛市演示路 3 号",
)  # fmt: skip


def written(formatter: logging.Formatter, message: str, **more: object) -> str:
    """What a handler with this formatter writes of one event."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logger = logging.Logger("banli.test")
    logger.addHandler(handler)
    logger.error(message, **more)
    return out.getvalue()


def raised(message: str) -> ValueError:
    """An error with a cause, as it arrives at the log."""
    try:
        {}[message]
    except KeyError as cause:
        error = ValueError(f"bad {message}")
        error.__cause__ = cause
        return error


@pytest.mark.parametrize("formatter", [logs.Lines(), logs.Text()], ids=["json", "text"])
@pytest.mark.parametrize("value", TYPED)
def test_what_somebody_typed_is_in_no_line(formatter: logging.Formatter, value: str) -> None:
    """Rule 34: not in the event, not in an extra, not in an exception or its cause."""
    told = written(
        formatter,
        f"sent {value} away",
        exc_info=raised(f"Key (x)=({value}) exists"),
        extra={"detail": value, "applicant_name": "Wang", "password": "p", "rows": [value]},
    )
    assert value not in json.dumps(told, ensure_ascii=False)
    assert value not in told.encode().decode("unicode_escape")
    assert "Wang" not in told
    assert "***" in told
    assert "ValueError" in told
    assert "KeyError" in told


def test_a_line_is_one_json_object_with_its_ids() -> None:
    told = written(
        logs.Lines(),
        "job.failed\nlevel: forged",
        exc_info=raised("x\ny"),
        extra={"job": 912486880739030016, "reference": "AB12CD34"},
    )
    assert told.count("\n") == 1
    line = json.loads(told)
    assert line["event"] == "job.failed\nlevel: forged"
    assert line["job"] == 912486880739030016
    assert (line["level"], line["reference"]) == ("ERROR", "AB12CD34")
    assert line["error"]["message"] == "bad x\ny"
    assert line["error"]["cause"]["type"] == "KeyError"
    assert "raised" in line["error"]["cause"]["stack"][-1]
    assert line["time"].endswith("+00:00")


def test_a_text_line_cannot_be_forged() -> None:
    told = written(logs.Text(), "a\nERROR banli.web forged\r\u2028b", extra={"job": 7})
    assert told.count("\n") == 1
    assert told.startswith("ERROR banli.test a ERROR banli.web forged")
    assert "job=7" in told


def test_production_writes_json_and_a_demo_text() -> None:
    assert Settings(profile="production").json_logs
    assert not Settings(profile="demo").json_logs
    assert Settings(profile="demo", logs="json").json_logs
    with pytest.raises(UnsafeSettings, match="BANLI_LOGS 只能是 json 或 text"):
        Settings(logs="xml").check()


def test_a_process_writes_warnings_and_failed_threads_in_the_same_form() -> None:
    program = """
import threading, warnings
from web import logs
from web.config import Settings
logs.install(Settings(logs="json"))
warnings.warn("of 13800000000")
def fail(): raise ValueError("of 13800000000")
one = threading.Thread(target=fail); one.start(); one.join()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["logger"] for line in lines] == ["py.warnings", "banli.running"]
    assert "13800000000" not in done.stderr
    assert lines[1]["error"]["message"] == "of ***"
