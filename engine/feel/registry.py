"""The functions of the language, built-in ones and those of the domain, apart from the data.

Invariant: a name found here is never looked up among the data; nothing is ever removed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.feel.errors import Problem
from engine.feel.kinds import ANY, CHINESE, FeelType, chinese, coerce

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function of ours; `many` takes all remaining arguments as a list."""

    name: str
    types: tuple[FeelType, ...]
    optional: bool = False
    many: bool = False
    unwraps: bool = False

    def convert(self, value: Any, function: str) -> Any:
        """An argument as the function wants it."""
        if value is _MISSING:
            return None
        if not self.types:
            return value
        for wanted in self.types:
            converted, good = coerce(value, wanted)
            if good and (converted is not None or wanted.name == "null"):
                return converted
        wanted_text = "或".join(str(wanted) for wanted in self.types)
        raise Problem(
            f"函数『{function}』的参数『{self.name}』应为{wanted_text}，实际是{chinese(value)}"
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function."""

    parameters: tuple[Parameter, ...]
    call: Callable[..., Any]

    def takes(self, count: int) -> bool:
        if self.parameters and self.parameters[-1].many:
            return count >= len(self.parameters) - 1 + (len(self.parameters) == 1)
        required = sum(not parameter.optional for parameter in self.parameters)
        return required <= count <= len(self.parameters)

    def bind(self, arguments: Sequence[Any], function: str) -> list[Any]:
        """Positional arguments, converted."""
        bound = []
        for index, parameter in enumerate(self.parameters):
            if parameter.many:
                bound.append(_rest(arguments[index:], parameter, function))
            elif index < len(arguments):
                bound.append(parameter.convert(arguments[index], function))
        return bound

    def order(self, arguments: Mapping[str, Any]) -> list[Any] | None:
        """Named arguments in the order of the parameters, or None if they do not belong here."""
        if not set(arguments) <= {parameter.name for parameter in self.parameters}:
            return None
        ordered: list[Any] = []
        for parameter in self.parameters:
            value = arguments.get(parameter.name, _MISSING)
            if value is _MISSING and not parameter.optional:
                return None
            ordered.append(value)
        return ordered


def _rest(rest: Sequence[Any], parameter: Parameter, function: str) -> list[Any]:
    # min([1, 2]) and min(1, 2) are the same call
    if parameter.unwraps and len(rest) == 1 and isinstance(rest[0], list):
        return rest[0]
    return [parameter.convert(item, function) for item in rest]


class Native:
    """A function written in Python; `call` is handed the runtime first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.signatures: list[Signature] = []

    @property
    def takes_functions(self) -> bool:
        """Whether one of its parameters is a function."""
        each = (p for signature in self.signatures for p in signature.parameters)
        return any(wanted.name == "function" for p in each for wanted in p.types)

    def invoke(self, runtime: Any, arguments: Sequence[Any]) -> Any:
        """Call with positional arguments."""
        problem: Problem | None = None
        for signature in self.signatures:
            if not signature.takes(len(arguments)):
                continue
            try:
                bound = signature.bind(arguments, self.name)
            except Problem as reason:
                problem = problem or reason
                continue
            return signature.call(runtime, *bound)
        raise problem or Problem(f"函数『{self.name}』不接受 {len(arguments)} 个参数")

    def invoke_named(self, runtime: Any, arguments: Mapping[str, Any]) -> Any:
        """Call with named arguments."""
        problem: Problem | None = None
        for signature in self.signatures:
            ordered = signature.order(arguments)
            if ordered is None:
                continue
            try:
                bound = signature.bind(ordered, self.name)
            except Problem as reason:
                problem = problem or reason
                continue
            return signature.call(runtime, *bound)
        given = "、".join(arguments)
        raise problem or Problem(f"函数『{self.name}』没有名为『{given}』的参数组合")


_FUNCTIONS: Final[dict[str, Native]] = {}
_SPECIAL: Final[list[str]] = []
_ON_CHANGE: Final[list[Callable[[], None]]] = []

find = _FUNCTIONS.get


def special_names() -> Sequence[str]:
    """Names of functions that are more than one word."""
    return _SPECIAL


def function_names() -> frozenset[str]:
    """All functions there are."""
    return frozenset(_FUNCTIONS)


def on_change(call: Callable[[], None]) -> None:
    """Be told when a function is added (parsed expressions may read differently then)."""
    _ON_CHANGE.append(call)


def parameters(text: str | Sequence[str]) -> tuple[Parameter, ...]:
    """Read items such as `string: string`, `length?: number`, `from: string|date`.

    `item*` takes all that is left; `list...` does too, but one list stands for its items.
    """
    items = text.split(",") if isinstance(text, str) else text
    return tuple(_parameter(item) for item in items if item.strip())


def _parameter(item: str) -> Parameter:
    name, _, types = (part.strip() for part in item.partition(":"))
    wanted = tuple(_type(part.strip()) for part in types.split("|")) if types else ()
    unwraps, optional = name.endswith("..."), name.endswith("?")
    many = unwraps or name.endswith("*")
    return Parameter(name.rstrip("?.*"), wanted, optional, many, unwraps)


def _type(name: str) -> FeelType:
    if name.startswith("list<"):
        return FeelType("list", (_type(name[5:-1]),))
    if name not in CHINESE:
        raise ValueError(f"unknown type {name}")
    return ANY if name == "any" else FeelType(name)


def add(name: str, signature: Signature) -> None:
    """Add a signature to a function, with the function if it is new."""
    native = _FUNCTIONS.get(name)
    if native is None:
        native = _FUNCTIONS[name] = Native(name)
        if not name.isalnum():
            _SPECIAL.append(name)
    native.signatures.append(signature)
    for call in _ON_CHANGE:
        call()


def builtin(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a Python function as a built-in; it is called as `f(runtime, *arguments)`."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        add(name, Signature(parameters(text), function))
        return function

    return declare


def register(name: str, params: Sequence[str], function: Callable[..., Any]) -> None:
    """Add a function of the domain; the same name again replaces what was registered before.

    Parameters are `name`, with an optional `?` behind it and an optional `: type`. A ValueError of
    the function becomes null with its text as the warning.
    """
    if name in _FUNCTIONS and name not in _REGISTERED:
        raise ValueError(f"{name} is a built-in function")

    def call(_runtime: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except ValueError as reason:
            raise Problem(f"函数『{name}』：{reason}") from reason

    signature = Signature(parameters(params), call)
    if name in _REGISTERED:
        # in one step: another thread may be calling it
        _FUNCTIONS[name].signatures = [signature]
        return
    _REGISTERED.add(name)
    add(name, signature)


_REGISTERED: Final[set[str]] = set()
