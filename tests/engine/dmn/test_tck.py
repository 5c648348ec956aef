"""The compatibility kit of DMN, where the folder of outside test sets is there."""

import os
from pathlib import Path

import pytest

from engine.dmn import tck


def folder() -> Path | None:
    found = os.environ.get("CONFORMANCE_DIR")
    return Path(found) / "dmn-tck" if found else None


def test_the_interpreter_meets_the_compatibility_kit_of_dmn(record_property):
    root = folder()
    if root is None:
        pytest.skip("CONFORMANCE_DIR is not set: the DMN TCK was not run")
    cases = list(tck.run(root))
    passed = sum(case.passed for case in cases)
    misses = [(c.suite, c.case, c.expected, c.actual, c.note) for c in cases if not c.passed]
    assert passed / len(cases) >= 0.97, f"{passed}/{len(cases)}\n{misses}"
