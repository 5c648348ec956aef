"""The files that take part in a play: the model, and what lies beside it.

Invariant: a fault in the model itself refuses the play; a faulty file beside it is left out and
named, never half used.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import compiler, dmn
from engine.compiler import CompiledProcess
from engine.errors import DeploymentRejected, Finding
from forms import definition as form_definition
from processes.casework import functions


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file of the folder that takes no part, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What is deployed for a play; `own` are the processes of the model itself, as drawn."""

    files: Mapping[str, bytes]
    own: tuple[CompiledProcess, ...]
    all: tuple[CompiledProcess, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[Finding, ...]


def read(model: Path, *, beside: Sequence[Path] = ()) -> Folder:
    """The model with the models, decisions and forms beside it, and those in the folders `beside`.

    Raises:
        DeploymentRejected: the model has errors, or calls itself in a circle through the others.
    """
    functions.register()
    if model.suffix != ".bpmn":
        text = f"“{model.name}”不是流程图（.bpmn）"
        raise DeploymentRejected([Finding("error", "bundle", text, model.name)])
    main = model.read_bytes()
    findings, own = compiler.examine({model.name: main})
    if any(finding.severity == "error" for finding in findings):
        raise DeploymentRejected(findings)
    files = {model.name: main}
    taken = {one.key: model.name for one in own}
    left_out: list[LeftOut] = []
    for name, path in _others(model, beside):
        content = path.read_bytes()
        reason, provided = _examined(name, content)
        twice = sorted(provided & taken.keys())
        if twice and not reason:
            reason = f"『{twice[0]}』已由 {taken[twice[0]]} 提供"
        if reason:
            left_out.append(LeftOut(name, reason))
            continue
        files[name] = content
        taken |= dict.fromkeys(provided, name)
    bundle = compiler.compile(files)
    return Folder(files, own, tuple(bundle.processes.values()), tuple(left_out), findings)


def _others(model: Path, beside: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    folder = model.resolve().parent
    for place in (folder, *(one.resolve() for one in beside)):
        prefix = "" if place == folder else f"{place.name}/"
        paths = sorted(place.glob("*")) if place == folder else sorted(place.rglob("*"))
        for path in paths:
            if path.suffix in {".bpmn", ".dmn"} and path.is_file() and path != model.resolve():
                yield prefix + path.relative_to(place).as_posix(), path
    for path in sorted(folder.glob("forms/*.yaml")):
        yield f"forms/{path.name}", path


def _examined(name: str, content: bytes) -> tuple[str, set[str]]:
    """Why a file cannot take part, and the processes or decisions it provides."""
    try:
        if name.endswith(".yaml"):
            form_definition.read(content, name)
            return "", set()
        if name.endswith(".dmn"):
            return "", set(dmn.read(content, name).decisions)
    except DeploymentRejected as rejected:
        return rejected.message, set()
    findings, made = compiler.examine({name: content})
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        return DeploymentRejected(errors).message, set()
    return "", {one.key for one in made}
