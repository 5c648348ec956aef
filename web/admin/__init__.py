"""Pages of administrators: people, grants, releases, operation, ledgers, calendar, audit."""

from flask import Flask

from web.admin import (
    audits,
    calendar,
    contracts,
    grants,
    intake,
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
        contracts,  # with the pages of `interfaces`, whose blueprint it shares
        maintenance,
        intake,
        registers,
        calendar,
        audits,
    ):
        app.register_blueprint(module.blueprint)
    restoration.register(app)
