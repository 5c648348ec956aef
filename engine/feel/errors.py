"""What goes wrong in an expression: syntax stops it, everything else is a warning and null.

Invariant: every position is a line and a column counted from 1, in the text the author wrote.
"""

from dataclasses import dataclass
from typing import ClassVar

from engine.errors import BanliError

Position = tuple[int, int]
"""Line and column, both from 1."""


class FeelSyntaxError(BanliError):
    """The text is not FEEL; `message` begins with the position, `reason` is the rest."""

    code: ClassVar[str] = "feel_syntax"

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(f"第 {line} 行第 {column} 列：{reason}", line=line, column=column)
        self.reason = reason
        self.line = line
        self.column = column

    @property
    def message_zh(self) -> str:
        """The whole sentence, for people."""
        return self.message


@dataclass(frozen=True, slots=True)
class FeelWarning:
    """Why some part of an evaluation became null."""

    line: int
    column: int
    reason: str
    element: str = ""

    @property
    def message_zh(self) -> str:
        """The whole sentence, with the position in front."""
        return f"{self.element}第 {self.line} 行第 {self.column} 列：{self.reason}"

    def __str__(self) -> str:
        return self.message_zh


class Problem(Exception):  # never leaves the interpreter, hence no BanliError
    """Raised inside a function or operator: the value is null and the message a warning."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
