"""The command line speaks Chinese: usage, options and wrong arguments, not our sentences alone."""

import ast
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from web.cli import main
from web.commands.words import WORDS, modules

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# said to who writes commands, not to who uses them
TO_AUTHORS = (
    "DeprecationWarning",
    "Could not determine name for option",
    "No options defined but a name was passed",
    "Arguments take exactly one parameter",
    "Name '{name}' defined twice",
    "Boolean option {decl!r}",
    "Value must be an iterable.",
    "Invalid start character for option",
    "Unknown color",
)
# of kinds of parameters that no command of ours has
UNUSED = (
    "Press any key to continue...",
    "Choice({choices})",
    "{value!r} does not match the format",
    "{len_type} values are required",
    "{value!r} is not a valid boolean.",
    "{value!r} is not a valid UUID.",
)


def texts() -> set[str]:
    """What click hands to gettext."""
    found = set()
    for module in modules():
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        asking = [one for one in calls if getattr(one.func, "id", "") in {"_", "ngettext"}]
        constants = [arg for one in asking for arg in one.args if isinstance(arg, ast.Constant)]
        found |= {arg.value for arg in constants}
    return found


def test_every_word_that_a_person_may_read_is_there_and_no_other():
    spoken = {one for one in texts() if not one.startswith((*TO_AUTHORS, *UNUSED))}
    assert spoken == set(WORDS)


def test_a_word_keeps_what_click_puts_into_it():
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert {one for one, ours in WORDS.items() if fields(one) != fields(ours)} == set()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--help"], "用法："),
        (["chek"], "没有命令“chek”。"),
        (["check", "/nowhere"], "路径“/nowhere”不存在。"),
        (["check", "--jsn", "."], "没有选项“--jsn”。"),
        (["deploy"], "缺少参数"),
        (["case", "1", "--events", "x"], "“x”不是数字"),
    ],
)
def test_a_wrong_command_is_told_in_chinese(words, told):
    result = CliRunner().invoke(main, words)
    assert told in result.output
    assert not {"Usage", "Error", "Invalid", "Missing", "Options"} & set(result.output.split())
    assert result.exit_code in {0, 2}


TREE = """
import json, click
from web.cli import main
context = click.Context(main)
for name in main.list_commands(context):
    found = main.get_command(context, name)
    print(name, *getattr(found, "commands", ()))
"""


def test_every_command_that_the_documents_name_is_there():
    """In a program of its own: what one command loads must not be what another one needs."""
    told = subprocess.run(
        [sys.executable, "-c", TREE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    known = {name: set(inner) for name, *inner in map(str.split, told.stdout.splitlines())}
    assert known["conformance"] == {"dmn", "bpmn"}
    text = "\n".join(path.read_text("utf-8") for path in [ROOT / "README.md", *DOCS.glob("*.md")])
    named = set(re.findall(r"`(?:\.venv/bin/)?banli ([a-z-]+)(?: ([a-z]+))?", text))
    assert len(named) > 8
    wrong = {
        (one, inner)
        for one, inner in named
        if one not in known or (inner and known[one] and inner not in known[one])
    }
    assert wrong == set()
