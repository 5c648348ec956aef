"""What this installation serves: topics of its adapters, for checks before a release."""

import importlib
import inspect
from functools import cache

from adapters import registry


@cache
def topics() -> tuple[str, ...]:
    """Topics that the adapters of this installation do, beside the local operations."""
    found: set[str] = set()
    for name in registry.available():
        module = importlib.import_module(f"adapters.{name}")
        kinds = (one for _name, one in inspect.getmembers(module, inspect.isclass))
        found |= {kind.topic for kind in kinds if isinstance(getattr(kind, "topic", None), str)}
    return tuple(sorted(found))
