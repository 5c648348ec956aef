"""Numbers. Source: DMN 1.5, 10.3.4.5 and table 77."""

from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any, Final

from engine.feel.errors import Problem
from engine.feel.kinds import DECIMAL
from engine.feel.library.conversion import whole
from engine.feel.operators import negate, number
from engine.feel.registry import builtin
from engine.feel.runtime import Runtime
from engine.values import YearsMonths

# rounding may need more digits than a result has
_WIDE: Final = Context(prec=7000, Emin=-9999, Emax=9999)
_LEAST, _MOST = -6111, 6176


def _rounded(value: Any, scale: Any, rounding: str) -> Decimal:
    places = whole(scale)
    if not _LEAST <= places <= _MOST:
        raise Problem(f"小数位数应在 {_LEAST} 与 {_MOST} 之间")
    exact = number(value)
    if -int(exact.as_tuple().exponent) <= places:
        return exact
    return DECIMAL.create_decimal(
        exact.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=_WIDE)
    )


def _declare(name: str, rounding: str, *, scale: str) -> None:
    @builtin(name, f"n: number, {scale}: number")
    def _round(_runtime: Runtime, value: Any, places: Any = 0) -> Decimal:
        return _rounded(value, places or 0, rounding)


_declare("decimal", ROUND_HALF_EVEN, scale="scale")
_declare("floor", ROUND_FLOOR, scale="scale?")
_declare("ceiling", ROUND_CEILING, scale="scale?")
_declare("round up", ROUND_UP, scale="scale")
_declare("round down", ROUND_DOWN, scale="scale")
_declare("round half up", ROUND_HALF_UP, scale="scale")
_declare("round half down", ROUND_HALF_DOWN, scale="scale")


@builtin("abs", "n: number|days and time duration|years and months duration")
def _abs(_runtime: Runtime, value: Any) -> Any:
    zero = {timedelta: timedelta(0), YearsMonths: YearsMonths(0)}.get(type(value), Decimal(0))
    return negate(value) if value < zero else value


@builtin("modulo", "dividend: number, divisor: number")
def _modulo(_runtime: Runtime, dividend: Any, divisor: Any) -> Decimal:
    a, b = number(dividend), number(divisor)
    if not b:
        raise Problem("除数为零")
    rest = _WIDE.remainder(a, b)
    # the result has the sign of the divisor
    return DECIMAL.plus(rest + b if rest and (rest < 0) != (b < 0) else rest)


@builtin("sqrt", "number: number")
def _sqrt(_runtime: Runtime, value: Any) -> Decimal:
    if value < 0:
        raise Problem("负数没有平方根")
    return DECIMAL.sqrt(number(value))


@builtin("log", "number: number")
def _log(_runtime: Runtime, value: Any) -> Decimal:
    if value <= 0:
        raise Problem("对数的真数应大于零")
    return DECIMAL.ln(number(value))


@builtin("exp", "number: number")
def _exp(_runtime: Runtime, value: Any) -> Decimal:
    return DECIMAL.exp(number(value))


def _parity(value: Any) -> Decimal:
    return abs(_WIDE.remainder(number(value), Decimal(2)))


@builtin("odd", "number: number")
def _odd(_runtime: Runtime, value: Any) -> bool:
    return _parity(value) == 1


@builtin("even", "number: number")
def _even(_runtime: Runtime, value: Any) -> bool:
    return _parity(value) == 0
