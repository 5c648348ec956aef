"""What the blueprints of the API have in common: address, parser, error answers, ids in paths.

Invariant: an id in a path is at most 63 bits, so that no database ever sees another number.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from flask_smorest import Blueprint
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from engine.errors import BanliError
from web.api import problems
from web.api.wire import Parser

PREFIX: Final = "/api/v1"

View = Callable[..., Any]
Decorator = Callable[[View], View]


class ApiBlueprint(Blueprint):  # type: ignore[misc]
    """A smorest blueprint with our parser, and types for its decorators."""

    ARGUMENTS_PARSER = Parser()

    def get(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().get(rule, **options))

    def post(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().post(rule, **options))

    def put(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().put(rule, **options))

    def delete(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().delete(rule, **options))

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        return cast(Decorator, super().arguments(schema, **options))

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Decorator:
        return cast(Decorator, super().response(status_code, schema, **options))


def make(name: str, path: str, description: str) -> ApiBlueprint:
    """A blueprint of the API below its path."""
    blueprint = ApiBlueprint(
        f"api_{name}",
        __name__,
        url_prefix=path if path.startswith("/api/") else f"{PREFIX}{path}",
        description=description,
    )
    blueprint.register_error_handler(BanliError, problems.domain)
    blueprint.register_error_handler(CSRFError, problems.csrf)
    blueprint.register_error_handler(HTTPException, problems.http)
    blueprint.register_error_handler(OperationalError, problems.busy)
    blueprint.register_error_handler(Exception, problems.unexpected)
    return blueprint
