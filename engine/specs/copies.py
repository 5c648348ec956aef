"""Who is sent a copy of the case by a node, computed when its work is done.

Invariant: says who is to have it and changes nothing; it never holds up the flow.
"""

from typing import Any

from engine.definition.elements import Copy
from engine.expressions import condition, texts
from engine.record import CopyMark
from engine.specs.token import Token


def mark(made: Copy, node: Any, token: Token) -> CopyMark | None:
    """One `banli:copy` of a node, evaluated at its token; None where its condition fails.

    Raises:
        ExpressionError: the receivers are no texts, or the condition is neither true nor false.
    """
    context = node.context(token)
    if made.when is not None and not condition(made.when, context):
        return None
    to = texts(made.to, context)
    name = node.element.name or node.activity
    return CopyMark(node.activity, name, to, made.title, made.must_read, made.reply)
