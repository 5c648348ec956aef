"""The caps of the house: small files, small functions, and one place that commits."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "forms", "processes", "adapters", "web")
FILE_LINES = 400
FUNCTION_LINES = 50


def sources(*, tests: bool = False) -> Iterator[Path]:
    for package in (*PACKAGES, *(("tests", "bpmn") if tests else ())):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


def test_no_file_is_longer_than_400_lines() -> None:
    too_long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sources()
        if (lines := len(path.read_text("utf-8").splitlines())) > FILE_LINES
    }
    assert not too_long


def test_no_function_is_longer_than_50_lines() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not too_long


def test_only_the_database_module_commits() -> None:
    commits = re.compile(r"\.commit\(\)|execute\w*\(\s*[\"']COMMIT")
    # the session says what a commit is made of; nobody but the database module asks it for one
    allowed = {"web/database.py", "web/database/__init__.py", "engine/session.py"}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if commits.search(path.read_text("utf-8"))
    }
    assert found <= allowed


def test_no_module_evaluates_text_or_unpickles() -> None:
    forbidden = {"eval", "exec", "compile", "__import__"}
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in forbidden
        and not _own(path, node.func.id)
    ]
    imports = [
        str(path)
        for path in sources()
        if re.search(r"^import (pickle|marshal|shelve)", _text(path))
    ]
    assert not calls
    assert not imports


def _own(path: Path, name: str) -> bool:
    # `compile` may be our own function of the same name
    return (
        re.search(rf"^(def {name}\(|from [\w.]+ import .*\b{name}\b)", _text(path), re.M)
        is not None
    )


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def test_the_system_clock_is_read_in_one_module() -> None:
    reads = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(")
    found = {path.relative_to(ROOT).as_posix() for path in sources() if reads.search(_text(path))}
    assert found <= {"engine/clock.py"}


def test_imports_go_down() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_other_distribution_owns_a_name_of_our_packages() -> None:
    owners = metadata.packages_distributions()
    assert {name: owners[name] for name in PACKAGES if set(owners.get(name, [])) - {"banli"}} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_owns(package: str) -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*.py")
        if "node_modules" not in path.parts and not ast.get_docstring(ast.parse(_text(path)))
    ]
    assert not silent
