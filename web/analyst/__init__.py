"""Pages of analysts: the library of processes, the editors, the check, trying a model out."""

from flask import Flask

from web.analyst import editor, importing, library, trial

for _module in (editor, importing, trial):
    library.blueprint.register_blueprint(_module.blueprint)


def register(app: Flask) -> None:
    app.register_blueprint(library.blueprint)
