"""Who is asking and what a route demands: sessions of ours behind Flask-Login, one policy a route.

Invariant: deny by default. A request passes only the policy its view declares; a view without one
stops the start of the application. Every session is a row that can be revoked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, cast

from flask import Flask, Response, abort, current_app, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from processes.identity import identity
from processes.identity.identity import User
from processes.identity.roles import ROLES, Action
from processes.ledgers import menus
from processes.public import citizens
from web import keeping, realms, security
from web.database import read_session, transaction
from web.errors import problem, wants_json
from web.login_page import page

Kind = Literal["public", "any", "staff", "desk", "applicant", "citizen", "token"]
View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE: Final = "__banli_policy__"
_OPEN_ENDPOINTS: Final = frozenset({"static"})
_BEFORE_NEW_PASSWORD: Final = frozenset({"auth.password", "auth.logout", "language.choose"})
POLL_HEADER: Final = "X-Banli-Poll"

login_manager = LoginManager()
login_manager.session_protection = None  # the session row is bound and revocable itself


@dataclass(frozen=True, slots=True)
class Policy:
    """What a route demands of its caller before the view runs."""

    kind: Kind
    actions: frozenset[Action] = frozenset()

    def admits(self, user: User) -> bool:
        if (self.kind == "citizen") is not (user.citizen is not None):
            return False  # the realms are kept apart by their cookies; this is the second lock
        if self.kind in ("staff", "applicant") and user.kind != self.kind:
            return False
        if self.kind == "desk" and user.kind != "staff" and not menus.of_user(user):
            return False
        return not self.actions or not self.actions.isdisjoint(actions_of(user))


def actions_of(user: User) -> frozenset[Action]:
    """Everything the roles of a user permit somewhere; the object's scope is checked later."""
    held = (ROLES[role].actions for role, _org in user.roles if role in ROLES)
    return frozenset().union(*held)


def policy(kind: Kind, *actions: Action) -> Callable[[View], View]:
    """Declare what a view demands.

    `public`: everybody; `any`: anyone logged in; `staff`, `applicant`: that kind of user;
    `desk`: staff, and people of units whose role has a menu of its own;
    `citizen`: the public, let in by the unified identity, on the pages of its portal alone;
    `token`: the view authenticates the request itself (API token, signed callback).
    With actions, one of the user's roles must permit at least one of them.
    """
    demanded = Policy(kind, frozenset(actions))

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, demanded)
        return view

    return declare


def policy_of(view: Callable[..., Any], method: str) -> Policy | None:
    """The policy of a view function, or of the method of a view class."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        handler = getattr(view_class, "get" if method == "HEAD" else method.lower(), None)
        found = getattr(handler, _ATTRIBUTE, None) or getattr(view_class, _ATTRIBUTE, None)
    else:
        found = getattr(view, _ATTRIBUTE, None)
    return cast("Policy | None", found)


def require_policies(app: Flask) -> None:
    """Refuse an application with a route that declares nothing.

    Raises:
        RuntimeError: naming the routes.
    """
    bare = [
        f"{rule.rule} [{method}]"
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in _OPEN_ENDPOINTS
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
        if policy_of(app.view_functions[rule.endpoint], method) is None
    ]
    if bare:
        raise RuntimeError(f"routes without a policy: {', '.join(bare)}")


class SignedIn(UserMixin):  # type: ignore[misc]
    """Flask-Login's view of one of our session rows."""

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self.token = token

    def get_id(self) -> str:
        return self.token


def init_app(app: Flask) -> None:
    login_manager.init_app(app)
    app.before_request(_guard)


def current() -> User:
    """The user of this request; only where the policy has let somebody in."""
    return cast(User, current_user.user)


def sign_in(user: User) -> None:
    """Open a session row in the realm of this request and give the browser a new id for it."""
    address, agent = request.remote_addr or "", request.user_agent.string[:200]
    here = realms.realm()
    with transaction() as db_session:
        token = identity.open_session(db_session, user.id, realm=here, address=address, agent=agent)
    language = session.get("language")
    session.clear()  # nothing of the time before log-in goes on: neither id nor CSRF secret
    if language:
        session["language"] = language
    login_user(SignedIn(user, token))


def sign_out() -> None:
    """Revoke the session row and forget the browser."""
    if current_user.is_authenticated:
        with transaction() as db_session:
            identity.close_session(db_session, current_user.token)
    logout_user()
    session.clear()


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> SignedIn | None:
    # a page that only asks for news must not keep an idle session alive: its look is rolled back
    look = read_session if POLL_HEADER in request.headers else transaction
    with look() as db_session:
        user = identity.session_user(db_session, token, realm=realms.realm())
        if user and realms.is_public():
            user = citizens.as_public(db_session, user)
    return SignedIn(user, token) if user else None


def _guard() -> Any:
    """Deny by default: let the request pass only if its view's policy admits its caller."""
    if request.url_rule is None or request.endpoint in _OPEN_ENDPOINTS:
        return None
    view = current_app.view_functions[str(request.endpoint)]
    demanded = policy_of(view, request.method)
    if demanded is None:
        return None if request.method == "OPTIONS" else abort(403)
    if demanded.kind == "token":
        return None
    if demanded.kind != "public":
        if not current_user.is_authenticated:
            return ask_to_log_in()
        if not demanded.admits(current()):
            abort(403)
        if current().must_change_password and request.endpoint not in _BEFORE_NEW_PASSWORD:
            return redirect(url_for("auth.password"), code=303)
    security.check_csrf()
    return None


def ask_to_log_in() -> Response:
    """Send the caller to the log-in page; a form typed meanwhile is carried along."""
    if wants_json():
        return problem(401, "not_authenticated", "登录已过期，请重新登录。")
    here = request.full_path.rstrip("?") if request.method == "GET" else request.path
    if realms.is_public():
        keeping.for_later()
        return cast(Response, redirect(url_for("public.login", next=here), code=303))
    if request.headers.get("HX-Request"):
        target = request.headers.get("HX-Current-URL", "")
        response = Response("", 401)
        response.headers["HX-Redirect"] = url_for(
            "auth.login", next=security.path_of(target) or here
        )
        return response
    if request.method == "GET":
        return cast(Response, redirect(url_for("auth.login", next=here), code=303))
    keep = {} if security.from_other_site() else request.form.to_dict(flat=False)
    return page(next_path=here, kept=(here, keep) if keep else None, status=401)
