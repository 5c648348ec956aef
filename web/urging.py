"""Urging (催办), the same for who applied and for staff: those whose work it is are reminded.

Invariant: whether it is too early or too often is said on a page with the way back, no refusal of
a right.
"""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from engine.errors import Forbidden
from processes.casework import cases
from web.auth import current
from web.database import run
from web.errors import Page, answer
from web.refusals import said
from web.wording import joined, worded
from web.words import _


def urged(case_id: int, *, back: str) -> ResponseReturnValue:
    """Remind those whose work a case is, and go back to its page."""
    try:
        steps = run(cases.urge, case_id, by=current())
    except Forbidden as refused:
        return answer(409, Page(_("没有催办"), said(refused.message), ways=[(back, _("返回本件"))]))
    flash(_("已催办：%(steps)s", steps=joined(map(worded, steps))))
    return redirect(back, code=303)
