"""Filing an application step by step; the same for applicants and for clerks at the counter.

Invariant: the whole form travels in the page, so a step back, an error or an expired session loses
nothing; only the last step files anything, and it files a page once, however often it is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import get_template_attribute, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from forms.definition import FormDefinition, FormInvalid
from forms.fields.composed import Rows
from processes.background import repeats
from processes.background.repeats import KeyReused
from processes.casefile import drafts
from processes.casework import applications, sources
from processes.casework.applications import Service
from processes.model.cases import Case, FormDraft
from processes.public import guides
from web import begun, filling, tables
from web.auth import current
from web.database import read_session, run
from web.display import moment
from web.words import _

NODE = "apply"


def first_page(key: str, *, base: str) -> str:
    """The form as its draft left it, at the step its author stopped at."""
    with read_session() as session:
        service = applications.service(session, key, by=current())
        draft = drafts.find(session, _subject(key), by=current())
        given = begun.prefilled(session, service.form)
        if draft is None or given:
            return _page(session, service, given, step=0, base=base)
        at, saved = draft.step, draft.saved_at
        return _page(session, service, draft.answers, step=at, base=base, saved_at=saved)


def next_page(key: str, *, base: str, channel: str = "") -> Case | ResponseReturnValue:
    """One step on or back; at the last one the case that was filed, by a channel."""
    with read_session() as session:
        service = applications.service(session, key, by=current())
    form = service.form
    given = filling.answers(form, node=NODE) if form else {}
    step, go = _step(), request.form.get("_go", "")
    if form is not None and (spec := tables.asked(form)):
        return _table(key, form, spec, given, base=base)
    if (shown := _shown_again(key, form, given, base=base)) is not None:
        return shown
    if form is not None and go == "back":
        return _moved(service, given, step=step, move=-1, base=base)
    if form is not None and (go != "submit" or step < len(form.sections)):
        errors = _errors_at(form, given, step)
        if errors:
            _keep(service, given, step=step)
            return _show(key, given, step=step, base=base, errors=errors), 422
        return _moved(service, given, step=step, move=1, base=base)
    return _filed(key, form, given, base=base, channel=channel)


def _shown_again(
    key: str, form: FormDefinition | None, given: Mapping[str, Any], *, base: str
) -> str | None:
    """The page once more where nothing is to be judged yet: another line, a return."""
    step = _step()
    if (changed := filling.reshaped(form, given)) is not None:
        return _show(key, changed, step=step, base=base)
    if request.form.get("_restore"):
        text = _("已恢复登录前填写的内容，请核对后继续。")
        return _show(key, given, step=step, base=base, restored=text)
    return None


def _moved(service: Service, given: Mapping[str, Any], *, step: int, move: int, base: str) -> str:
    """A step on or back; the draft reopens there, whichever way it was left."""
    with read_session() as session:
        steps = _steps(_layout(session, service.form, given, {})) if service.form else []
        at = _at(steps, step, move)
        page = _page(session, service, given, step=steps[at][0], base=base)
    _keep(service, given, step=steps[at][0])
    return page


def _keep(service: Service, given: Mapping[str, Any], *, step: int) -> FormDraft:
    """Keep the draft of an application as it stands, wrong or right."""
    subject = _subject(service.definition.key)
    title = service.title
    return run(drafts.keep, subject, by=current(), answers=given, title=title, step=step)


def _table(
    key: str, form: FormDefinition, spec: Rows, given: Mapping[str, Any], *, base: str
) -> ResponseReturnValue:
    """A table of the form goes out as a file, or its rows come in from one."""
    with read_session() as session:
        done = tables.answer(
            spec,
            given,
            at=tables.Place(form, NODE),
            context=applications.known(current()),
            lookups=sources.lookups(session, current()),
        )
    if isinstance(done, tables.Read):
        told = {"restored": done.told, "errors": done.errors}
        return _show(key, done.answers, step=_step(), base=base, **told)
    return done


def _filed(
    key: str, form: FormDefinition | None, given: Mapping[str, Any], *, base: str, channel: str
) -> Case | ResponseReturnValue:
    """The last step: the case, or the page again with the reason why there is none."""
    token, step = filling.page_token(), _step()
    if not token:
        return _show(key, given, step=step, base=base, restored=_("请核对后再次提交。")), 422
    try:
        return run(_apply_once, key, token, given, channel)
    except FormInvalid as error:
        at = _step_of(form, error.errors) if form else 0
        return _show(key, given, step=at, base=base, errors=error.errors), 422
    except KeyReused:
        text = _("这份申请已经提交过，可在“我的办件”中查看。如需另外申请一件，请核对后再次提交。")
        return _show(key, given, step=step, base=base, restored=text, token=""), 409


def _apply_once(
    session: Session, key: str, token: str, given: Mapping[str, Any], channel: str
) -> Case:
    user = current()

    def file() -> int:
        return applications.apply(session, key, by=user, answers=given, channel=channel).id

    case_id = repeats.of_form(session, token, by=user.id, answers=given, work=file)
    return session.get_one(Case, case_id)


def keep_draft(key: str) -> ResponseReturnValue:
    """Keep what was typed so far; called by the page while one types."""
    with read_session() as session:
        service = applications.service(session, key, by=current())
    given = filling.answers(service.form, node=NODE) if service.form else {}
    kept = _keep(service, given, step=_step())
    return jsonify(text=_("已暂存 %(at)s", at=moment(kept.saved_at)))


def refreshed(key: str) -> ResponseReturnValue:
    """Which fields show and are required, and which steps there are, by the answers so far."""
    with read_session() as session:
        service = applications.service(session, key, by=current())
        if service.form is None:
            return jsonify(fields={})
        given = filling.answers(service.form, node=NODE)
        layout = _layout(session, service.form, given, {})
    steps = _steps(layout)
    drawn = get_template_attribute("components/form.html", "progress")
    titles = [title for _number, title in steps]
    progress = drawn(titles, _nearest(steps, _step())).strip()
    return jsonify(fields=filling.states(layout), progress=progress)


def _show(key: str, given: Mapping[str, Any], *, step: int, base: str, **more: Any) -> str:
    with read_session() as session:
        service = applications.service(session, key, by=current())
        return _page(session, service, given, step=step, base=base, **more)


def _page(
    session: Session,
    service: Service,
    given: Mapping[str, Any],
    *,
    step: int,
    base: str,
    **more: Any,
) -> str:
    form, errors = service.form, more.get("errors") or {}
    layout = _layout(session, form, given, errors) if form else []
    steps = _steps(layout)
    at = _at(steps, step)
    return render_template(
        "public/apply.html" if base == "public" else "portal/apply.html",
        service=service,
        guide=guides.guides().get(service.definition.key) if base == "public" else None,
        key=service.definition.key,
        layout=layout,
        steps=[title for _number, title in steps],
        at=at,
        step=steps[at][0],
        errors=filling.mistakes(form, errors) if form and errors else [],
        restored=more.get("restored", ""),
        saved_at=more.get("saved_at"),
        form_token=more.get("token", filling.page_token()) or filling.new_page_token(),
        area=base,
    )


def _steps(layout: filling.Layout) -> list[tuple[int, str]]:
    """Sections with something to fill in as things stand, then the check before sending."""
    found = [
        (index, section.title)
        for index, section in enumerate(layout)
        if any(spec.visible and spec.editable for spec in section.fields)
    ]
    return [*found, (len(layout), _("核对并提交"))]


def _at(steps: Sequence[tuple[int, str]], step: int, move: int = 0) -> int:
    """The place among the steps there are, some steps on from where a section stands."""
    return min(max(_nearest(steps, step) + move, 0), len(steps) - 1)


def _nearest(steps: Sequence[tuple[int, str]], step: int) -> int:
    """Where among the steps there are a section stands, or the one next to it."""
    return min(range(len(steps)), key=lambda index: abs(steps[index][0] - step))


def _layout(
    session: Session, form: FormDefinition, given: Mapping[str, Any], errors: Mapping[str, Any]
) -> filling.Layout:
    rights = filling.Rights(node=NODE)
    context = applications.known(current())
    lookups = sources.lookups(session, current())
    return filling.layout(form, given, errors, context=context, rights=rights, lookups=lookups)


def _errors_at(form: FormDefinition, given: Mapping[str, Any], step: int) -> dict[str, Any]:
    """What is wrong in the section of a step; later sections are not yet due."""
    try:
        with read_session() as session:
            lookups = sources.lookups(session, current())
            form.validate(given, context=applications.known(current()), node=NODE, lookups=lookups)
    except FormInvalid as error:
        names = {spec.name for spec in form.sections[min(step, len(form.sections) - 1)].fields}
        return {p: m for p, m in error.errors.items() if p.split(".")[0] in names}
    return {}


def _step_of(form: FormDefinition, errors: Mapping[str, Any]) -> int:
    """The first step with something wrong in it."""
    wrong = {path.split(".")[0] for path in errors}
    for index, section in enumerate(form.sections):
        if wrong & {spec.name for spec in section.fields}:
            return index
    return 0


def _step() -> int:
    text = request.form.get("_step", "0")
    return int(text[:3]) if text.isascii() and text.isdigit() else 0


def _subject(key: str) -> str:
    return f"apply:{key}"
