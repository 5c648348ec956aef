"""From files to released processes: check and deploy.

Invariant: what one folder deploys goes in whole or not at all.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import compiler, dmn, repository
from engine.definition.process import Process
from engine.errors import BanliError, DeploymentRejected, Finding, NotFound
from engine.model import Deployment, ProcessDefinition
from forms import definition as form_definition
from forms import lint as form_lint
from forms.definition import FormDefinition
from processes.casefile import backfill, facets
from processes.documents import documents
from processes.modelling import starting, unmapped, unwritten
from processes.modelling.bundle import Bundle, process_folders, read_folder
from processes.modelling.placing import placed
from processes.operations import all_operations

Called = Callable[[str], Process | None]


def _nowhere(_key: str) -> Process | None:
    return None


def check(
    bundle: Bundle,
    *,
    topics: Iterable[str] = (),
    known: Iterable[str] = (),
    calls: Mapping[str, Collection[str]] | None = None,
    called: Called = _nowhere,
) -> list[Finding]:
    """Every finding on a bundle; it may be deployed if none is of severity error.

    Args:
        bundle: the files to be deployed together.
        topics: topics that adapters of this installation serve, beside the local operations.
        known: keys of processes and decisions that the installation has already.
        calls: key → keys that it calls, of those processes.
        called: finds one of those processes.
    """
    findings = [
        *dmn.check_all(bundle.files),
        *_form_findings(bundle),
        *_letter_findings(bundle),
    ]
    found, processes = compiler.examine(bundle.files)
    findings.extend(found)
    findings.extend(_reference_findings(bundle, processes, {*topics, *all_operations()}, {*known}))
    findings.extend(compiler.recursion(processes, calls or {}))
    findings.extend(compiler.budgets(bundle.files, processes, called))
    forms = _readable(bundle)
    for process in processes:
        findings.extend(unwritten.findings(process, forms))
        findings.extend(starting.findings(process, forms))
        findings.extend(unmapped.findings(process))
        findings.extend(facets.findings(process, forms.values()))
    return list(placed(findings, bundle.files))


def deploy(
    session: Session, bundle: Bundle, *, by: str, topics: Iterable[str] = (), label: str = ""
) -> Deployment:
    """Check a bundle and make it the latest version; the same bundle again changes nothing.

    Raises:
        DeploymentRejected: carries every finding; nothing was deployed.
    """
    findings = check(
        bundle,
        topics=topics,
        known=known(session),
        calls=calls(session),
        called=installed(session),
    )
    if any(finding.severity == "error" for finding in findings):
        raise DeploymentRejected(findings)
    return _laid_down(session, bundle, by=by, label=label or bundle.source)


def _laid_down(session: Session, bundle: Bundle, *, by: str, label: str) -> Deployment:
    made = repository.deploy(session, bundle.files, by=by, label=label)
    query = select(ProcessDefinition).where(ProcessDefinition.deployment_id == made.id)
    for one in session.scalars(query):
        listed = facets.named(repository.compiled(session, one.id).process)
        backfill.ask(session, one.key, listed)
    return made


def load_folder(
    session: Session, root: Path, *, by: str, topics: Iterable[str] = ()
) -> list[Deployment]:
    """Deploy every process folder below `root`; they may refer to each other in any order.

    Raises:
        DeploymentRejected: of the first folder that has errors.
    """
    bundles = [read_folder(folder) for folder in process_folders(root)]
    there = {*known(session)}
    for bundle in bundles:
        there |= provided(bundle)
    called = among(bundles)
    done = []
    for bundle in bundles:
        findings = check(bundle, topics=topics, known=there, calls=calls(session), called=called)
        if any(finding.severity == "error" for finding in findings):
            raise DeploymentRejected(findings)
        done.append(_laid_down(session, bundle, by=by, label=bundle.source))
    return done


def known(session: Session) -> Sequence[str]:
    """Keys of the processes and decisions of the installation."""
    return [*repository.process_keys(session), *repository.decision_ids(session)]


def calls(session: Session) -> dict[str, frozenset[str]]:
    """Key → keys of the processes that it calls, of the latest versions."""
    return {
        one.key: repository.compiled(session, one.id).processes_called
        for one in repository.all_latest(session)
    }


def installed(session: Session) -> Called:
    """Finds the latest version of a process of the installation."""

    def find(key: str) -> Process | None:
        try:
            return repository.compiled(session, repository.latest(session, key).id).process
        except NotFound:
            return None

    return find


def among(bundles: Iterable[Bundle]) -> Called:
    """Finds a process in one of several bundles, whichever order they are deployed in."""
    found = {
        made.key: made.process for bundle in bundles for made in compiler.examine(bundle.files)[1]
    }
    return found.get


def provided(bundle: Bundle) -> set[str]:
    """Ids of the processes and decisions in a bundle, as far as it can be read."""
    ids = compiler.keys(bundle.files)
    with suppress(DeploymentRejected):  # the check of that bundle says what is wrong
        ids |= set(dmn.read_all(bundle.files))
    return ids


def _readable(bundle: Bundle) -> dict[str, FormDefinition]:
    """The forms of a bundle that have no fault of their own."""
    found = {}
    for form_id, content in bundle.folder("forms").items():
        with suppress(DeploymentRejected):  # said by `_form_findings`
            found[form_id] = form_definition.read(content, f"forms/{form_id}.yaml")
    return found


def _form_findings(bundle: Bundle) -> Iterator[Finding]:
    for form_id, content in bundle.folder("forms").items():
        path = f"forms/{form_id}.yaml"
        try:
            read = form_definition.read(content, path)
        except DeploymentRejected as error:
            yield from error.findings
            continue
        if read.id != form_id:
            yield Finding(
                "error", "form_id", f"表单标识『{read.id}』与文件名『{form_id}』不一致", file=path
            )
        yield from form_lint.check(read)


def _letter_findings(bundle: Bundle) -> Iterator[Finding]:
    for letter_id, content in bundle.folder("letters").items():
        path = f"letters/{letter_id}.yaml"
        try:
            documents.read(content, path)
        except DeploymentRejected as error:
            yield from error.findings
        except BanliError as error:
            yield Finding("error", error.code, error.message, file=path)


def _reference_findings(
    bundle: Bundle,
    processes: Iterable[compiler.CompiledProcess],
    topics: set[str],
    known: set[str],
) -> Iterator[Finding]:
    known = known | provided(bundle)
    forms = set(bundle.folder("forms"))
    for process in processes:
        for kind, code, names, present in (
            ("表单", "form_missing", process.forms, forms),
            ("决策", "decision_missing", process.decisions_called, known),
            ("被调用流程", "process_missing", process.processes_called, known),
            ("服务主题", "topic_unknown", process.topics, topics),
        ):
            for name in sorted(names - present):
                yield Finding(
                    "error", code, f"引用的{kind}『{name}』不存在", file=process.file, element=name
                )
