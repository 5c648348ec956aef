"""Pages of administrators: people, grants, releases, operation, ledgers, calendar."""

from flask import Flask

from web.admin import (
    calendar,
    grants,
    intake,
    interfaces,
    maintenance,
    migrations,
    operations,
    organisations,
    people,
    registers,
    releases,
    restoration,
)


def register(app: Flask) -> None:
    for module in (
        people,
        organisations,
        grants,
        releases,
        migrations,
        operations,
        interfaces,
        maintenance,
        intake,
        registers,
        calendar,
    ):
        app.register_blueprint(module.blueprint)
    restoration.register(app)
