"""Pages of administrators: people, releases, operation, ledgers, calendar; each with its policy."""

from flask import Flask

from web.admin import calendar, operations, people, registers, releases


def register(app: Flask) -> None:
    for module in (people, releases, operations, registers, calendar):
        app.register_blueprint(module.blueprint)
