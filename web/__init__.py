"""Pages, API and wiring. The only package that knows Flask; `web/database.py` alone commits.

Invariant: every route carries a policy, or `create_app` refuses to build the application.
"""

import importlib
from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from web import auth, database, display, errors, i18n, realms, security, shedding, wiring, wording
from web.config import Settings, from_environment
from web.paths import IdConverter

# Each module has `register(app)`; the order is that of the menu.
_MODULES: Final = (
    "web.assets",
    "web.login",
    "web.languages",
    "web.confirming",
    "web.clerk.home",
    "web.clerk.worklist",
    "web.clerk.listing",
    "web.clerk.bulk",
    "web.clerk.signing",
    "web.clerk.phrases",
    "web.clerk.signature",
    "web.clerk.agents",
    "web.clerk.circulating",
    "web.clerk.inquiring",
    "web.clerk.planning",
    "web.clerk.handover",
    "web.clerk.moving",
    "web.clerk.backentry",
    "web.clerk.foresight",
    "web.foretelling",
    "web.clerk.task",
    "web.clerk.cases",
    "web.counter",
    "web.files",
    "web.clerk.statistics",
    "web.menu",
    "web.business",
    "web.country",
    "web.clerk.supervision",
    "web.clerk.platform",
    "web.portal",
    "web.public",
    "web.verification",
    "web.admin",
    "web.analyst",
    "web.api",
    "web.health",
)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application for these settings (those of the environment if none are given).

    Raises:
        UnsafeSettings: the settings may not run together.
        RuntimeError: a route has no policy.
    """
    settings = settings or from_environment()
    settings.check()
    app = Flask("web", root_path=_root())
    app.config.update(
        SECRET_KEY=settings.secret_key or None,
        BANLI=settings,
        TESTING=settings.profile == "test",
        MAX_CONTENT_LENGTH=settings.upload_limit + settings.body_limit,
        MAX_FORM_MEMORY_SIZE=settings.body_limit,
        MAX_FORM_PARTS=2000,
        TRAP_HTTP_EXCEPTIONS=False,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.url_map.converters["int"] = IdConverter
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    shedding.init_app(app)
    database.init_app(app)
    realms.init_app(app)
    security.init_app(app, https=settings.https, rate_limits=settings.rate_limits)
    auth.init_app(app)
    i18n.init_app(app)
    display.init_app(app)
    wording.init_app(app)
    errors.init_app(app)
    wiring.wire(app)
    for name in _MODULES:
        importlib.import_module(name).register(app)
    auth.require_policies(app)
    return app


def _root() -> str:
    return __path__[0]
