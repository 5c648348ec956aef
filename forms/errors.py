"""What validation tells: a value that breaks a rule, and all of them with what was typed.

Invariant: a message says what is wanted in the words of the office, never what the person typed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import BanliError


class Invalid(Exception):
    """One value breaks a rule of its field; the messages are shown next to it."""

    def __init__(self, *messages: str) -> None:
        super().__init__("；".join(messages))
        self.messages = list(messages)


class FormInvalid(BanliError):
    """Answers break rules of the form: path → messages, and the answers as they were typed.

    A path is a field's name, or `table.row.column` with rows counted from 0, as in names of inputs.
    """

    code = "form_invalid"

    def __init__(self, errors: Mapping[str, Sequence[str]], *, answers: Mapping[str, Any]) -> None:
        super().__init__(f"填写内容有 {len(errors)} 处需要修改", fields=dict(errors))
        self.errors = {path: list(messages) for path, messages in errors.items()}
        self.answers = answers
