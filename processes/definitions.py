"""Definitions written as YAML files: ledgers, statistics, templates of letters.

Invariant: what is read is one mapping whose problems are all told at once, with the file.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from engine.errors import DeploymentRejected, Finding

Made = TypeVar("Made")
Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of definition: what it is called, the code of its findings, what may be wrong."""

    title: str
    code: str
    problems: Callable[[Raw], Iterable[str]]

    def read(self, content: bytes, file: str) -> Raw:
        """What a file says.

        Raises:
            DeploymentRejected: names everything that is wrong with it.
        """
        try:
            # the same language as yaml.safe_load, ten times as fast
            raw = yaml.load(content.decode("utf-8"), Loader=yaml.CSafeLoader)
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise self._rejected([f"{self.title}不是有效的 YAML：{error}"], file) from error
        if not isinstance(raw, dict):
            raise self._rejected([f"{self.title}应为对象"], file)
        if wrong := list(self.problems(raw)):
            raise self._rejected(wrong, file)
        return raw

    def below(
        self,
        folder: Path,
        pattern: str,
        read: Callable[[bytes, str], Made],
        *,
        name: Callable[[Made], str],
    ) -> dict[str, Made]:
        """Every definition in the files below a folder, by its name.

        Raises:
            DeploymentRejected: a file is wrong, or two define one.
        """
        found: dict[str, Made] = {}
        for path in sorted(folder.rglob(pattern)):
            one = read(path.read_bytes(), path.name)
            if name(one) in found:
                raise self._rejected([f"『{name(one)}』定义了两次"], path.name)
            found[name(one)] = one
        return found

    def _rejected(self, messages: Iterable[str], file: str) -> DeploymentRejected:
        return DeploymentRejected(
            [Finding("error", self.code, message, file=file) for message in messages]
        )
