"""The built-in functions of DMN 1.5 (10.3.4), by the kind of value they are about."""

from importlib import import_module


def load() -> None:
    """Declare them all."""
    for module in ("conversion", "texts", "numeric", "lists", "intervals", "temporals", "contexts"):
        import_module(f"{__name__}.{module}")
