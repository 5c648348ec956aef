"""Files on their way to an adapter and back: what a task names goes out, what comes back is kept.

Invariant: an adapter sees the files that the task's own input refers to and no others; what it
gives back is of a type and size that may come in, and is on the disk before the step's transaction
writes its row (rule 19). An adapter that is asked again gives the same bytes: they are kept once.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from engine.errors import WorkRefused
from engine.ports import HandedFile, MadeFile, Result
from engine.variables import Variables
from processes.documents import files
from processes.documents.files import FileRefused
from processes.model.documents import StoredFile

Transact = Callable[..., Any]


def handed(transact: Transact, variables: Variables) -> dict[str, HandedFile]:
    """The files that the input of a task refers to, by SHA-256; read only when opened.

    Raises:
        WorkRefused: the input refers to a file that was never stored.
    """
    named = {str(one["file"]): one for one in references(variables)}
    if not named:
        return {}
    rows: Mapping[str, StoredFile] = transact(lambda session: files.rows(session, list(named)))
    if missing := sorted(set(named) - set(rows)):
        raise WorkRefused(f"作业引用的文件不在存储中：{missing[0][:12]}…", file=missing[0])
    return {
        sha256: HandedFile(
            name=str(named[sha256].get("name") or "附件"),
            content_type=row.content_type,
            size=row.size,
            sha256=sha256,
            open=partial(_opened, sha256),
        )
        for sha256, row in rows.items()
    }


def _opened(sha256: str) -> BinaryIO:
    return io.BytesIO(files.content(sha256))


def references(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every reference to a file in a value, wherever it stands."""
    if isinstance(value, Mapping):
        if isinstance(value.get("file"), str) and {"name", "size", "type"} <= value.keys():
            yield value
        else:
            for item in value.values():
                yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def received(result: Result) -> Mapping[str, MadeFile]:
    """The files of a result, checked and laid down on the disk; their rows follow in `kept`.

    Raises:
        WorkRefused: empty, too large, of another type than it says, or one that may not come in.
    """
    made = {name: value for name, value in result.items() if isinstance(value, MadeFile)}
    for name, one in made.items():
        try:
            found = files.check(one.content)
        except FileRefused as error:
            raise WorkRefused(
                f"交回的文件『{name}』不能接收：{error.message}", name=name
            ) from error
        if found != one.content_type:
            raise WorkRefused(
                f"交回的文件『{name}』内容是 {found}，与所称的 {one.content_type} 不符", name=name
            )
        files.lay_down(one.content)
    return made


def kept(session: Session, result: Result) -> Variables:
    """The result as variables of the case: in place of each file the reference to it."""
    return {
        name: _reference(session, value) if isinstance(value, MadeFile) else value
        for name, value in result.items()
    }


def _reference(session: Session, made: MadeFile) -> dict[str, Any]:
    row = files.store(session, made.content, by=None)
    return files.reference(row, name=made.name)
