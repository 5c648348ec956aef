"""Two realms of log-in in one program: the staff pages and the public portal, never mixed.

Invariant: everything below the portal's prefix has a cookie of its own, sent nowhere else and
signed by a key of its own, so that log-in, CSRF secret, language and messages of one realm are
nothing to the other; a session row names its realm as well.
"""

from typing import Any, Final

from flask import Flask, has_request_context, request
from flask.sessions import SecureCookieSessionInterface

from processes.identity.identity import PUBLIC, STAFF

PREFIX: Final = "/public"
"""Where the portal lives; the path of its cookie."""


def realm() -> str:
    """The realm of this request, by its path alone."""
    return PUBLIC if is_public() else STAFF


def is_public() -> bool:
    """Whether this request is for the public portal."""
    if not has_request_context():
        return False
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")


class Cookies(SecureCookieSessionInterface):
    """The signed cookie of each realm: name, path and salt go by the path of the request."""

    def get_cookie_name(self, app: Flask) -> str:
        if not is_public():
            return super().get_cookie_name(app)
        # a cookie for one path cannot be `__Host-`
        return "__Secure-banli-public" if app.config["SESSION_COOKIE_SECURE"] else "banli_public"

    def get_cookie_path(self, app: Flask) -> str:
        return PREFIX if is_public() else super().get_cookie_path(app)

    def get_signing_serializer(self, app: Flask) -> Any:
        if not is_public():
            return super().get_signing_serializer(app)
        apart = SecureCookieSessionInterface()
        apart.salt = "cookie-session-public"
        return apart.get_signing_serializer(app)


def init_app(app: Flask) -> None:
    app.session_interface = Cookies()
    app.jinja_env.globals["is_public"] = is_public
