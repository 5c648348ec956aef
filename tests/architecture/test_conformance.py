"""docs/conformance.md and the numbers of the page fit the program and its tests."""

import json
import os
import re
from pathlib import Path

import pytest

from engine import constructs
from tests import conformance, recording
from tests.conformance import ROOT, TARGET, document, kit
from web.conformance import FILE, made

HINT = "run: CONFORMANCE_DIR=… python -m tests.conformance (or: … document, without the tests)"
CONTENT = json.loads(FILE.read_text("utf-8"))


def test_the_document_says_what_the_page_says() -> None:
    assert TARGET.read_text("utf-8") == document(made(CONTENT)), HINT


def test_every_test_that_is_named_as_proof_is_there() -> None:
    for key, (_count, samples) in CONTENT["constructs"].items():
        for sample in samples:
            path, *_classes, name = sample.split("::")
            assert re.search(rf"def {name}\b", (ROOT / path).read_text("utf-8")), (
                key,
                sample,
                HINT,
            )


def test_nothing_that_tests_executed_is_called_refused() -> None:
    known = constructs.CONSTRUCTS
    ran = {key for key in CONTENT["constructs"] if "/" not in key}
    assert not {key for key in ran if key in known and known[key].status == "refused"}, HINT


def test_every_miss_of_the_kit_is_explained() -> None:
    misses = CONTENT["dmn"]["misses"]
    assert all(miss["why"] for miss in misses), [m for m in misses if not m["why"]]


def test_the_numbers_of_the_kit_are_those_of_a_run() -> None:
    folder = os.environ.get("CONFORMANCE_DIR")
    if not folder:
        pytest.skip("CONFORMANCE_DIR is not set: the DMN TCK was not run")
    assert kit(Path(folder) / "dmn-tck") == CONTENT["dmn"], HINT


def test_a_miss_that_we_cannot_explain_has_no_reason() -> None:
    case = conformance.tck.Case("s", "1", "n", passed=False, expected="4", actual="5", note="")
    assert conformance.why(case) == ""


def test_the_recorder_sees_what_a_token_completes() -> None:
    assert {"start/none", "userTask", "exclusiveGateway"} <= CONTENT["constructs"].keys()
    assert conformance.RESULT.name == recording.FILE
