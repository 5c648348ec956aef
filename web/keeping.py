"""What was sent to a page of the portal when the log-in was over waits for whoever was logged in.

Invariant: kept for the account whose log-in it was and given back to that account alone; files that
a browser without our script sends with the form are stored as if uploaded, their references signed
for that account.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import current_app, flash, request, session
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session

from engine import limits
from processes.documents import files
from processes.documents.files import FileRefused
from processes.identity import identity
from processes.public import kept
from web import references, security
from web.database import transaction
from web.refusals import said
from web.words import _

KEPT: Final = "kept"
"""Of the cookie of the portal: the key of a form that waits for its writer."""


def for_later() -> None:
    """Keep the form of this request; the way to the unified identity leads over another site."""
    ended = session.get("_user_id")
    if request.method != "POST" or not isinstance(ended, str) or not request.form:
        return
    try:
        security.check_csrf()
    except CSRFError:
        return  # not from a page of ours
    with transaction() as db_session:
        account = identity.whose(db_session, ended)
        if account is None:
            return
        typed = _typed(_stored(db_session, account))
        session[KEPT] = kept.keep(db_session, account, path=request.path[:500], typed=typed)


def _typed(stored: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What was typed, with the files sent along beside those uploaded before."""
    typed = request.form.to_dict(flat=False)
    return {**typed, **{path: [*typed.get(path, ()), *found] for path, found in stored.items()}}


def _stored(db_session: Session, account: int) -> dict[str, list[str]]:
    """The references of the files sent with the form, by field; what is refused is told."""
    at_most = current_app.config["BANLI"].upload_limit
    found: dict[str, list[str]] = {}
    for path, sent in [*request.files.items(multi=True)][: limits.FILES_PER_CASE]:
        if not sent.filename:
            continue
        try:
            row = files.store(db_session, sent.stream.read(at_most + 1), by=account)
        except FileRefused as error:
            why = said(error.message)
            flash(_("没有收下“%(name)s”：%(why)s", name=sent.filename[:80], why=why), "warning")
        else:
            value = files.reference(row, name=sent.filename)
            found.setdefault(path, []).append(references.give(value, "form", to=account))
    return found
