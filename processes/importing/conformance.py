"""Runs a folder of reference models through the import: what comes in, what comes out, what runs.

Invariant: a model counts as kept only if the comparison with the source finds nothing lost, changed
or moved but for the elements that the import says it has rewritten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import xml
from engine.errors import DeploymentRejected
from processes.importing import changes, foreign
from processes.importing.foreign import Imported
from processes.modelling import compare, model_files
from processes.modelling.compare import Difference

_EXPRESSIONS = ("${", "#{", "language", "calledElement", "script", "xsi:type")


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one model; `refused` are reasons, each with its element."""

    model: str
    imported: bool = False
    kept: bool = False
    differences: tuple[Difference, ...] = ()
    rewrites: int = 0
    executed: bool = False
    refused: tuple[str, ...] = ()


def run(folder: Path) -> Iterator[Case]:
    """Every `.bpmn` file below a folder."""
    for path in sorted(folder.rglob("*.bpmn")):
        yield case(path.read_bytes(), path.relative_to(folder).as_posix())


def case(content: bytes, name: str) -> Case:
    """One model, in as a draft and out again."""
    try:
        made = foreign.read(content, name)
        exported = model_files.unpack(model_files.pack({made.file: made.content}))[made.file]
    except DeploymentRejected as rejected:
        reasons = tuple(one.message for one in rejected.findings)
        return Case(name, refused=reasons)
    found = differences(content, exported, name, made)
    errors = [one.message for one in made.findings if one.severity == "error"]
    refused = [f"{one.where}：{one.reason}" for one in made.refusals]
    return Case(
        model=name,
        imported=True,
        kept=not found,
        differences=tuple(found),
        rewrites=len(made.rewrites),
        executed=not errors and made.executable,
        refused=tuple(dict.fromkeys([*errors, *refused])),
    )


def differences(source: bytes, exported: bytes, name: str, made: Imported) -> list[Difference]:
    """What an export has lost or changed against the source, beyond what the import tells."""
    before, after = foreign.parse(source, name)[0], foreign.parse(exported, name)[0]
    told = {one.element for one in made.rewrites}
    owners = {
        node.get("id", ""): _owner(node) for node in before.iter() if isinstance(node.tag, str)
    }
    return [
        one
        for one in compare.lost(compare.compare(before, after))
        if owners.get(one.element, one.element) not in told or not _rewritten(one)
    ]


def _rewritten(difference: Difference) -> bool:
    """Whether it is of the kind that a rewriting makes: foreign words, expressions."""
    said = f"{difference.where} {difference.before}"
    foreign_words = any(space in said for space in changes.FOREIGN)
    return foreign_words or any(word in said for word in _EXPRESSIONS)


def _owner(node: foreign.Node) -> str:
    """The element that a rewriting names: the nearest one with an id that is no mere part."""
    return foreign.owner_id(node) if xml.tag(node)[1] != "definitions" else ""
