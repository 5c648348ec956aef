"""Browser security: content security policy with a nonce, headers, CSRF, rate limits.

Invariant: no response leaves without these headers, and no unsafe browser request passes without
a CSRF token; only blueprints named by `exempt` (token or signature authenticated) skip the token.
"""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect

KEPT = "public, max-age=31536000, immutable"
"""What a browser may keep for good: its address changes with its content."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, headers_enabled=True, default_limits=["1200 per minute"])
_exempt: set[str] = set()


def exempt(blueprint_name: str) -> None:
    """Skip the CSRF token for a blueprint whose requests carry a token or signature instead."""
    _exempt.add(blueprint_name)


def csp_nonce() -> str:
    """The nonce of this response, for `<script>` and `<style>` elements."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow_inline_styles() -> None:
    """Let this one response use style attributes, data: fonts and frames of what it made itself.

    The model editors need them.
    """
    g.csp_inline_styles = True


def allow_framing() -> None:
    """Let this one response be shown in a frame of our own pages (document preview)."""
    g.csp_framing = True


def allow_forms_to(origin: str) -> None:
    """Let forms of this response be answered by a way on to another site (log-out there)."""
    g.csp_forms_to = origin


def check_csrf() -> None:
    """Verify the token of an unsafe browser request; called after the policy has passed.

    Raises:
        CSRFError: the token is missing or wrong.
    """
    if request.method in _SAFE_METHODS or request.blueprint in _exempt:
        return
    csrf.protect()


def from_other_site() -> bool:
    """Whether the browser says that another site caused this request."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site"


def init_app(app: Flask, *, https: bool, rate_limits: bool) -> None:
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=https,
        RATELIMIT_ENABLED=rate_limits,
        RATELIMIT_STORAGE_URI="memory://",
        SESSION_COOKIE_NAME="__Host-banli" if https else "banli",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    csrf.init_app(app)
    limiter.init_app(app)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.before_request(_bound_form)
    app.after_request(_headers)
    app.extensions["banli.https"] = https


def _bound_form() -> None:
    # only files and bundles are larger; werkzeug reads an urlencoded form whole, so its own
    # bound on form memory cannot apply, and a body without a length is bounded while it comes
    if request.mimetype not in ("multipart/form-data", "application/zip"):
        request.max_content_length = current_app.config["BANLI"].body_limit


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "SAMEORIGIN" if g.get("csp_framing") else "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    elif request.args.get("v"):
        headers["Cache-Control"] = KEPT
    else:
        headers["Cache-Control"] = "no-cache"
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _policy() -> str:
    inline = g.get("csp_inline_styles", False)
    style = "'unsafe-inline'" if inline else f"'nonce-{csp_nonce()}'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{csp_nonce()}'",
            f"style-src 'self' {style}",
            "img-src 'self' data: blob:",
            f"font-src 'self'{' data:' if inline else ''}",
            "connect-src 'self'",
            f"frame-src 'self'{' blob:' if inline else ''}",
            "object-src 'none'",
            "base-uri 'none'",
            f"form-action 'self' {g.get('csp_forms_to', '')}".rstrip(),
            f"frame-ancestors {chr(39)}self{chr(39)}"
            if g.get("csp_framing")
            else "frame-ancestors 'none'",
        )
    )


def path_of(url: str) -> str:
    """The path and query of an address of this site (the browser's word: only a hint)."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
