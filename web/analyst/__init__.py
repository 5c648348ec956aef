"""Pages of analysts: the library of processes, the editors, the check, trying a model out."""

from flask import Flask

from web.analyst import editor, library, trial


def register(app: Flask) -> None:
    for module in (library, editor, trial):
        app.register_blueprint(module.blueprint)
