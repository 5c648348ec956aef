"""Progress of a case by number and query code, without log-in and without guessing."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from processes.casework import cases as commands
from web.clerk import checklists, limits, timeline
from web.database import read_session


def page(*, base: str) -> ResponseReturnValue:
    """The page that asks for the two, and shows the case that they belong to."""
    template = f"{base}/track.html"
    reference = request.values.get("reference", "").strip()[:40]
    if request.method == "GET":
        return render_template(template, reference=reference)
    try:
        with read_session() as session:
            found = commands.progress(session, reference, request.form.get("code", "")[:16])
            return render_template(
                template,
                reference=reference,
                progress=found,
                entries=timeline.entries(session, found, public=True),
                limits=limits.of_case(session, found),
                missing_items=checklists.of_case(session, found, staff=False).open,
            )
    except NotFound:
        return render_template(template, reference=reference, missing=True), 404
