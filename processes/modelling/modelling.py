"""Drafts of models on their way to release: write, hand in, release or send back.

Invariant: a draft is changed by its author alone, at the revision the author has seen, and only
while it is a draft; what was handed in is released unchanged, by another natural person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine import clock, compiler, ids, repository
from engine.errors import Conflict, DeploymentRejected, Finding, Forbidden, NotFound
from engine.model import Deployment, ProcessDefinition, ProcessInstance
from processes.deployed import offers
from processes.identity import audit, identity
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.cases import ModelDraft
from processes.modelling import bundle, deployment
from processes.modelling.model_files import Files, accepted, pack, unpack
from processes.rights import permissions

OPEN = ("draft", "submitted", "returned")


@dataclass(frozen=True, slots=True)
class Entry:
    """One process of the library."""

    key: str
    name: str
    domain: str
    version: int
    versions: int
    suspended: bool
    running: int
    drafts: Sequence[ModelDraft]


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft with its files, as its page shows it."""

    draft: ModelDraft
    name: str
    files: Mapping[str, bytes]
    author: str
    may_edit: bool
    latest: int | None
    """The latest released version; newer than `draft.based_on` if others released meanwhile."""


def library(session: Session, *, by: User) -> list[Entry]:
    """Every process: those released, then those that are only drafts yet."""
    permissions.require(by, Action.VIEW_LIBRARY)
    drafts = _open_drafts(session)
    counted = select(ProcessDefinition.key, func.count()).group_by(ProcessDefinition.key)
    versions = dict(session.execute(counted).tuples().all())
    running = running_cases(session)
    entries = [
        Entry(
            key=one.key,
            name=one.name or one.key,
            domain=offers.domain_of(one.key),
            version=one.version,
            versions=versions[one.key],
            suspended=one.suspended,
            running=sum(count for (key, _version), count in running.items() if key == one.key),
            drafts=drafts.pop(one.key, []),
        )
        for one in repository.all_latest(session)
    ]
    for key, found in drafts.items():
        entries.append(_unreleased(key, found))
    return sorted(entries, key=lambda entry: (entry.domain, entry.key))


def _unreleased(key: str, drafts: Sequence[ModelDraft]) -> Entry:
    return Entry(
        key=key,
        name=name_of(drafts[0]),
        domain=offers.domain_of(key),
        version=0,
        versions=0,
        suspended=False,
        running=0,
        drafts=drafts,
    )


def name_of(draft: ModelDraft) -> str:
    """The name in the diagram of a draft, its key if it cannot be read."""
    _findings, made = compiler.examine(unpack(draft.files))
    return next((process.name for process in made if process.key == draft.key), "") or draft.key


def running_cases(session: Session) -> dict[tuple[str, int], int]:
    """Key and version → instances under way."""
    rows = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.version, func.count())
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.status.in_(("active", "suspended")))
        .group_by(ProcessDefinition.key, ProcessDefinition.version)
    )
    return {(key, version): count for key, version, count in rows}


def released_files(session: Session, key: str) -> tuple[Mapping[str, bytes], int]:
    """The files of the latest version and its number.

    Raises:
        NotFound: no such process.
    """
    latest = repository.latest(session, key)
    return repository.resources(session, latest.deployment_id), latest.version


def create(session: Session, key: str, *, by: User, files: Files | None = None) -> ModelDraft:
    """A draft of this user; the one they have already, else a copy of the latest version.

    Raises:
        NotFound: no such process, and no files to begin with.
    """
    permissions.require(by, Action.DRAFT_MODEL)
    mine = session.scalar(
        select(ModelDraft)
        .where(ModelDraft.key == key, ModelDraft.author == by.id)
        .where(ModelDraft.status.in_(("draft", "returned")))
        .order_by(ModelDraft.saved_at.desc())
        .limit(1)
    )
    if mine is not None:
        return mine
    based_on: int | None = None
    if files is None:
        files, based_on = released_files(session, key)
    made = accepted(files, key)
    draft = ModelDraft(
        id=ids.next_id(),
        key=key,
        files=pack(made),
        digest=repository.digest_of(made),
        based_on=based_on,
        author=by.id,
    )
    session.add(draft)
    session.flush()
    audit.record(session, "model.drafted", by=by, subject=("model_draft", draft.id), detail=key)
    return draft


def open_draft(session: Session, key: str) -> bool:
    """Whether somebody is working on a draft of that name."""
    query = select(ModelDraft.id).where(ModelDraft.key == key, ModelDraft.status.in_(OPEN))
    return session.scalar(query.limit(1)) is not None


def view(session: Session, draft_id: int, *, by: User) -> DraftView:
    """A draft as its author, another analyst or a releaser sees it.

    Raises:
        NotFound: no such draft. Forbidden: not for this user.
    """
    permissions.require(by, Action.VIEW_LIBRARY)
    draft = _get(session, draft_id)
    own = draft.author == by.id and permissions.allowed(by, Action.DRAFT_MODEL)
    author = identity.user(session, draft.author).name
    editable = own and draft.status in ("draft", "returned")
    return DraftView(
        draft=draft,
        name=name_of(draft),
        files=unpack(draft.files),
        author=author,
        may_edit=editable,
        latest=_latest(session, draft.key),
    )


def save(
    session: Session, draft_id: int, *, by: User, files: Files, revision: int, note: str = ""
) -> ModelDraft:
    """Keep the files, faulty or not: nothing an analyst has drawn is ever lost.

    Raises:
        Conflict: the draft was saved elsewhere since; says when. Forbidden: not this user's.
        DeploymentRejected: a file may not be in a bundle at all, or is too large.
    """
    draft = _own(session, draft_id, by)
    made = accepted(files, draft.key)
    _advance(session, draft, revision, "这份草稿已在别处保存过，本页内容没有保存")
    draft.files = pack(made)
    draft.digest = repository.digest_of(made)
    draft.note = note[:2000]
    draft.status = "draft"
    draft.saved_at = clock.now()
    session.flush()
    return draft


def findings(session: Session, files: Files, key: str, *, topics: Iterable[str]) -> list[Finding]:
    """What the check of a deployment says, and whether the bundle holds the process it is for."""
    try:
        made = bundle.make(dict(files), source=key)
    except DeploymentRejected as rejected:
        return list(rejected.findings)
    found = deployment.check(
        made,
        topics=topics,
        known=deployment.known(session),
        calls=deployment.calls(session),
        called=deployment.installed(session),
    )
    if f"{key}.bpmn" not in files:
        found.append(
            Finding("error", "bundle", f"缺少流程图文件『{key}.bpmn』", file=f"{key}.bpmn")
        )
    return found


def submit(
    session: Session, draft_id: int, *, by: User, revision: int, topics: Iterable[str], note: str
) -> ModelDraft:
    """Hand a draft in for release.

    Raises:
        DeploymentRejected: it has errors. Conflict: it was saved elsewhere, or a newer version
        was released since it was begun.
    """
    draft = _own(session, draft_id, by)
    if (_latest(session, draft.key) or 0) > (draft.based_on or 0):
        raise Conflict("起草期间已发布了新版本，请与现行版本核对后再提交", latest=True)
    found = findings(session, unpack(draft.files), draft.key, topics=topics)
    if any(finding.severity == "error" for finding in found):
        raise DeploymentRejected(found)
    _advance(session, draft, revision, "这份草稿已在别处保存过，请重新打开后提交")
    draft.status = "submitted"
    draft.note = note[:2000]
    draft.submitted_at = clock.now()
    draft.decision = ""
    audit.record(
        session, "model.submitted", by=by, subject=("model_draft", draft_id), detail=draft.key
    )
    return draft


def rebase(session: Session, draft_id: int, *, by: User) -> ModelDraft:
    """The author has compared the draft with the latest version and stands by the draft."""
    draft = _own(session, draft_id, by)
    draft.based_on = _latest(session, draft.key)
    audit.record(
        session, "model.rebased", by=by, subject=("model_draft", draft_id), detail=draft.key
    )
    return draft


def discard(session: Session, draft_id: int, *, by: User) -> ModelDraft:
    """Give a draft up; it stays on record."""
    draft = _own(session, draft_id, by)
    draft.status = "withdrawn"
    audit.record(
        session, "model.withdrawn", by=by, subject=("model_draft", draft_id), detail=draft.key
    )
    return draft


def recall(session: Session, draft_id: int, *, by: User) -> ModelDraft:
    """Take a draft back that nobody has decided on yet."""
    draft = _get(session, draft_id)
    if draft.author != by.id:
        raise Forbidden("只有起草人本人可以撤回")
    _expect(draft, "submitted")
    _advance(session, draft, draft.revision)
    draft.status = "draft"
    audit.record(
        session, "model.recalled", by=by, subject=("model_draft", draft_id), detail=draft.key
    )
    return draft


def submitted(session: Session, *, by: User) -> Sequence[ModelDraft]:
    """Drafts that wait for a second person, oldest first."""
    permissions.require(by, Action.VIEW_LIBRARY)
    query = select(ModelDraft).where(ModelDraft.status == "submitted")
    return session.scalars(query.order_by(ModelDraft.submitted_at)).all()


def release(
    session: Session, draft_id: int, *, by: User, topics: Iterable[str], second_person: bool = True
) -> Deployment:
    """Make a handed-in draft the latest version; running cases stay on theirs.

    Raises:
        Forbidden: the releaser is the author (the natural person counts). Conflict: it is not
        handed in any more, or a newer version came between. DeploymentRejected: it has errors now.
    """
    permissions.require(by, Action.RELEASE_MODEL)
    draft = _get(session, draft_id)
    _expect(draft, "submitted")
    author = identity.user(session, draft.author)
    if second_person and (author.id == by.id or author.person_key == by.person_key):
        raise Forbidden("发布须由起草人以外的第二人确认")
    if (_latest(session, draft.key) or 0) > (draft.based_on or 0):
        raise Conflict("提交之后已发布了新版本，请退回起草人核对", latest=True)
    _advance(session, draft, draft.revision)
    made = bundle.make(unpack(draft.files), source=draft.key)
    done = deployment.deploy(session, made, by=str(by.id), topics=topics, label=draft.key)
    _decide(draft, "released", by)
    draft.deployment_id = done.id
    audit.record(
        session, "model.released", by=by, subject=("model_draft", draft_id), detail=draft.key
    )
    return done


def send_back(session: Session, draft_id: int, *, by: User, reason: str) -> ModelDraft:
    """Return a handed-in draft to its author with a reason."""
    permissions.require(by, Action.RELEASE_MODEL)
    draft = _get(session, draft_id)
    _expect(draft, "submitted")
    _advance(session, draft, draft.revision)
    _decide(draft, "returned", by)
    draft.decision = reason[:2000]
    audit.record(
        session, "model.returned", by=by, subject=("model_draft", draft_id), detail=draft.key
    )
    return draft


def _open_drafts(session: Session) -> dict[str, list[ModelDraft]]:
    found: dict[str, list[ModelDraft]] = {}
    query = (
        select(ModelDraft).where(ModelDraft.status.in_(OPEN)).order_by(ModelDraft.saved_at.desc())
    )
    for draft in session.scalars(query):
        found.setdefault(draft.key, []).append(draft)
    return found


def _get(session: Session, draft_id: int) -> ModelDraft:
    draft = session.get(ModelDraft, draft_id)
    if draft is None:
        raise NotFound("没有这份草稿", draft=draft_id)
    return draft


def _own(session: Session, draft_id: int, by: User) -> ModelDraft:
    permissions.require(by, Action.DRAFT_MODEL)
    draft = _get(session, draft_id)
    if draft.author != by.id:
        raise Forbidden("只有起草人本人可以修改这份草稿")
    _expect(draft, "draft", "returned")
    return draft


def _advance(
    session: Session,
    draft: ModelDraft,
    seen: int,
    message: str = "这份草稿刚刚被他人改动，请刷新后查看",
) -> None:
    """Take the draft at the revision that was seen: of two at once, one wins.

    Raises:
        Conflict: with the revision and time of the other.
    """
    changed = session.execute(
        update(ModelDraft)
        .where(ModelDraft.id == draft.id, ModelDraft.revision == seen)
        .values(revision=seen + 1)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(message, revision=draft.revision, at=draft.saved_at)
    session.refresh(draft)


def _expect(draft: ModelDraft, *states: str) -> None:
    if draft.status not in states:
        raise Conflict("这份草稿的状态已经改变，请刷新后查看", status=draft.status)


def _decide(draft: ModelDraft, status: str, by: User) -> None:
    draft.status = status
    draft.decided_by = by.id
    draft.decided_at = clock.now()


def _latest(session: Session, key: str) -> int | None:
    return session.scalar(
        select(func.max(ProcessDefinition.version)).where(ProcessDefinition.key == key)
    )
