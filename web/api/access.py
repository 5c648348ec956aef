"""Who calls the API: a bearer token of an account, or the browser session of a person.

Invariant: nobody gets through without one of the two; an unsafe request of a browser needs its CSRF
token; the permission functions of `processes` decide the rest, as for the pages.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import g, request
from flask_login import current_user

from engine.errors import BanliError, Forbidden
from processes.identity import audit, tokens
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.identity.tokens import Caller
from processes.rights import permissions
from web import security
from web.auth import policy
from web.database import transaction

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE: Final = "__banli_access__"


class NotAuthenticated(BanliError):
    """The call carries neither a good token nor a session."""

    code = "not_authenticated"


def access(
    *actions: Action, scope: str = tokens.API, staff: bool = False
) -> Callable[[View], View]:
    """Declare who may call: with actions, one of the caller's roles must permit at least one.

    A scope with `*` at its end is checked by the view itself, which knows the topic or name.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            found = _authenticate()
            if not scope.endswith("*") and not found.may(scope):
                raise Forbidden(f"令牌的范围不包括『{scope}』")
            if staff and found.user.kind != "staff":
                raise Forbidden("只供工作人员使用")
            if actions and not any(permissions.allowed(found.user, one) for one in actions):
                raise Forbidden("您没有这项操作的权限")
            g.api_caller = found
            with audit.origin(request.remote_addr or ""):
                return view(*args, **kwargs)

        setattr(guarded, ATTRIBUTE, (scope, actions))
        # the guard of pages lets `token` views through: they authenticate here
        return cast(View, policy("token")(guarded))

    return declare


def caller() -> Caller:
    """Who called."""
    return cast(Caller, g.api_caller)


def user() -> User:
    """The account in whose name the call is."""
    return caller().user


def demand(scope: str) -> None:
    """Refuse a token that does not cover a scope.

    Raises:
        Forbidden: it does not; a browser session never does.
    """
    if not caller().may(scope):
        raise Forbidden(f"令牌的范围不包括『{scope}』")


def _authenticate() -> Caller:
    header = request.headers.get("Authorization", "")
    if header:
        kind, _, token = header.partition(" ")
        with transaction() as session:
            found = tokens.caller(session, token.strip()) if kind.lower() == "bearer" else None
        if found is None:
            raise NotAuthenticated("令牌无效、已过期或已撤销")
        return found
    if not current_user.is_authenticated:
        raise NotAuthenticated("请在 Authorization 头中给出令牌（Bearer），或先登录")
    security.check_csrf()
    person: User = current_user.user
    if person.must_change_password:
        raise Forbidden("请先登录页面修改初始密码")
    return Caller(person)
