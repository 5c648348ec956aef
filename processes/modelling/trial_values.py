"""What somebody who tries a model types where there is no form: a FEEL context.

Invariant: what is no context is refused in words, with its place.
"""

from collections.abc import Mapping
from typing import Any

from engine import feel
from engine.errors import BanliError
from engine.variables import Variables


class MoveRefused(BanliError):
    """A move does not fit any more (the model was changed), or its values do not."""

    code = "trial_refused"


def read_context(text: str, context: Mapping[str, Any]) -> Variables:
    """Values typed as a FEEL context, `{card_no: "123", printed: true}`; empty is no value.

    Raises:
        MoveRefused: it is no context; says where it is wrong.
    """
    source = text.strip()
    if not source:
        return {}
    if not source.startswith("{"):
        source = "{" + source + "}"
    try:
        result = feel.evaluate(source, context)
    except feel.FeelSyntaxError as error:
        raise MoveRefused(f"填写的变量有误：{error}") from error
    if not isinstance(result.value, dict):
        raise MoveRefused('请按“名称: 值”的形式填写变量，例如 card_no: "123"')
    return result.value
