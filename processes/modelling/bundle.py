"""A bundle: the files of one process folder, read as they are deployed, in one piece.

Layout: `<key>.bpmn`, `*.dmn`, `forms/<formId>.yaml`, `letters/<letterId>.yaml`. Tests and README
of a folder are not deployed.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from engine import limits
from engine.errors import DeploymentRejected, Finding

_DEPLOYED: Final = re.compile(r"[\w.-]+\.(bpmn|dmn)|(forms|letters)/[\w.-]+\.yaml")
_MAX_FILES: Final = 200


@dataclass(frozen=True, slots=True)
class Bundle:
    """Resource name (path inside the folder, with `/`) → bytes."""

    files: Mapping[str, bytes]
    source: str = ""

    def folder(self, name: str) -> Mapping[str, bytes]:
        """The files of `forms` or `letters`: id (file name without ending) → bytes."""
        return {
            PurePosixPath(path).stem: content
            for path, content in self.files.items()
            if path.startswith(f"{name}/")
        }

    def with_ending(self, ending: str) -> Mapping[str, bytes]:
        """The files with an ending, by resource name."""
        return {path: body for path, body in self.files.items() if path.endswith(ending)}


def read_folder(folder: Path) -> Bundle:
    """The bundle in a folder of the file system.

    Raises:
        DeploymentRejected: no such folder, no model in it, or a file is too large.
    """
    if not folder.is_dir():
        raise DeploymentRejected([_finding(f"找不到目录『{folder}』", str(folder))])
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return make(
        {name: path.read_bytes() for name, path in found.items() if _DEPLOYED.fullmatch(name)},
        source=folder.name,
    )


def read_file(path: Path) -> Bundle:
    """One model with what its folder offers beside it: decisions, forms and letters.

    Raises:
        DeploymentRejected: the file may not be deployed, or is too large.
    """
    beside = {
        other.relative_to(path.parent).as_posix(): other
        for other in sorted([*path.parent.glob("*.dmn"), *path.parent.glob("*/*.yaml")])
    }
    files = {path.name: path, **beside}
    return make(
        {
            name: found.read_bytes()
            for name, found in files.items()
            if found == path or _DEPLOYED.fullmatch(name)
        },
        source=path.parent.name,
    )


def read_zip(content: bytes, *, source: str = "") -> Bundle:
    """The bundle in a zip file, its members at the top or in one common folder.

    Raises:
        DeploymentRejected: not a zip, too large when unpacked, or no model in it.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, IndexError) as error:  # or a member has an empty name
        raise DeploymentRejected([_finding("上传的文件不是有效的 zip 压缩包", source)]) from error
    unpacked = sum(info.file_size for info in members)
    if len(members) > _MAX_FILES or unpacked > 8 * limits.MODEL_BYTES:
        raise DeploymentRejected([_finding("压缩包内文件过多或过大", source)])
    names = {info.filename: info for info in members}
    prefix = _common_folder(list(names))
    return make(
        {
            name.removeprefix(prefix): archive.read(info)
            for name, info in names.items()
            if _DEPLOYED.fullmatch(name.removeprefix(prefix))
        },
        source=source,
    )


def make(files: Mapping[str, bytes], *, source: str = "") -> Bundle:
    """A bundle of the given files.

    Raises:
        DeploymentRejected: names each file that may not be deployed.
    """
    findings = list(_refusals(files, source))
    if findings:
        raise DeploymentRejected(findings)
    return Bundle(dict(sorted(files.items())), source)


def process_folders(root: Path) -> list[Path]:
    """Every folder with models below `root`, callees first as far as their names tell."""
    folders = {path.parent for ending in ("bpmn", "dmn") for path in root.rglob(f"*.{ending}")}
    return sorted(folders, key=lambda path: (path.parent.name != "common", path.as_posix()))


def _refusals(files: Mapping[str, bytes], source: str) -> Iterator[Finding]:
    if not any(name.endswith((".bpmn", ".dmn")) for name in files):
        yield _finding("其中没有流程图（.bpmn）或决策表（.dmn）", source)
    if len(files) > _MAX_FILES:
        yield _finding(f"文件超过 {_MAX_FILES} 个", source)
    for name, content in files.items():
        if not _DEPLOYED.fullmatch(name):
            yield _finding(f"不支持的文件『{name}』", name)
        elif len(content) > limits.MODEL_BYTES:
            yield _finding(f"文件『{name}』超过 1 MiB", name)


def _common_folder(names: list[str]) -> str:
    firsts = {name.split("/", 1)[0] for name in names}
    if len(firsts) == 1 and all("/" in name for name in names):
        first = firsts.pop()
        return "" if first in {"forms", "letters"} else f"{first}/"
    return ""


def _finding(message: str, file: str) -> Finding:
    return Finding("error", "bundle", message, file=file)
