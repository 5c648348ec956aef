"""The public portal: a realm of its own beside the staff pages, phone first (P-01, P-09)."""

from flask import Flask

from web.public import cases, entering, openly, own, pages, services, showing

__all__ = ["cases", "entering", "openly", "own", "register", "services", "showing"]


def register(app: Flask) -> None:
    app.register_blueprint(pages.blueprint)
