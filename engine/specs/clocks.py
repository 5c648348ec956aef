"""What a node does to the limits of its case, computed when its work is done.

Invariant: says what is to be written down and changes nothing; the ledger is not the engine's.
"""

from datetime import date, datetime
from typing import Any

from engine import clock
from engine.definition.elements import Clock
from engine.expressions import Expression, condition, evaluate, failure, number, text
from engine.record import ClockMark
from engine.specs.token import Token


def mark(made: Clock, node: Any, token: Token) -> ClockMark | None:
    """One `banli:clock` of a node, evaluated at its token; None where its condition fails.

    Raises:
        ExpressionError: an amount is no number, an instant no date, a title or reason no text, a
        condition neither true nor false.
    """
    context = node.context(token)
    around = list(token.workflow.ancestors(token))
    if made.when is not None and not condition(made.when, context):
        return None
    return ClockMark(
        node.activity,
        made.do,
        made.limit,
        "" if made.title is None else text(made.title, context),
        None if made.amount is None else number(made.amount, context),
        made.unit,
        None if made.at is None else _instant(made.at, context),
        "" if made.reason is None else text(made.reason, context),
        made.basis,
        0 if made.extend_most is None else number(made.extend_most, context),
        own=made.own,
        places=tuple(one.id for one in around),
        calls=tuple(one.task_spec.activity for one in around[::-1] if one.task_spec.calls),
    )


def _instant(expression: Expression, context: Any) -> datetime | None:
    value = evaluate(expression, context)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=clock.SHANGHAI)
    if isinstance(value, date):
        return clock.midnight(value)
    if value is None:
        return None
    raise failure(expression, "结果应为日期或时刻")
