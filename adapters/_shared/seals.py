"""The seal port: what a process may ask of whoever keeps the seals, and the workers of its topics.

`Seals` is implemented by the provincial seal system (adapter `eseal`), by seals kept here
(adapter `seal_local`) and by the signature server for persons (adapter `esign`).

Invariant: whoever sealed, the file that comes back begins with the bytes handed out (an OFD: has
every file that was in it) and its seal is genuine; anything else is refused and never reaches the
case.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Final, Protocol, runtime_checkable

from adapters._shared import standing
from adapters._shared.client import Department
from adapters._shared.standing import Revocation, Standing
from engine import confined
from engine.errors import BpmnError, WorkRefused
from engine.ports import HandedFile, MadeFile, Result, Work, Worker
from engine.variables import Variables

AGENCIES: Final = "eseal"
"""Before the dot in the topics of whoever keeps the seals of agencies."""
PDF: Final = "application/pdf"
OFD_FILE: Final = "application/ofd"
NATIONAL: Final = "sm2"
OFD: Final = "ofd"
_USUAL: Final = ("pdf", NATIONAL)
FORMATS: Final = (*_USUAL, OFD)
"""What a file is sealed as: a PDF by PAdES alone, or by PAdES and a second signature by SM2 over
it; an OFD by an electronic seal (GB/T 38540)."""
REFUSED: Final = "seal_refused"
"""The BPMN error of a keeper that will not seal: seal unknown, stopped or expired; has `reason`."""


def refusal(reason: str) -> BpmnError:
    """The business answer of a keeper that will not seal."""
    return BpmnError(REFUSED, reason, variables={"reason": reason})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a seal is seen: page from 1, points from the lower left corner."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature on a file; `signed_at` is the instant of its time stamp, None without one.

    `kind` is `sm2` for one by the national algorithms on a PDF, `ofd` for a seal on an OFD.
    `paths` are the certificates (DER) that it stands on, each way from its own to a root trusted
    here; `standing` is what became of them, None where nobody asked.
    """

    field: str
    signer: str
    organisation: str
    signed_at: datetime | None
    intact: bool
    trusted: bool
    whole: bool
    kind: str = ""
    paths: tuple[tuple[bytes, ...], ...] = ()
    standing: Standing | None = None

    @property
    def revocation(self) -> Revocation | None:
        """Since when its certificate is revoked, before or after it signed."""
        return self.standing.revocation if self.standing is not None else None


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to an OFD after it was sealed: the file `name` in it, and how (`CHANGES`)."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What the seals of a file are worth; `fault` is empty where nothing is wrong.

    Faults: `unreadable` neither PDF nor OFD, `unsigned`, `unknown` signed in a way not known here,
    `changed` after it was sealed, `untrusted` seal of nobody known, `unstamped` without a time
    stamp that counts, `costly` made so that to read it takes more than the bounds, `unsupported`
    signed by SM2 where nothing is installed that could tell, `revoked` by a certificate that was no
    longer in force, `unchecked` by one of which cannot be told whether it was.
    """

    signatures: tuple[Signature, ...] = ()
    fault: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def genuine(self) -> bool:
        """Sealed by somebody known, at a time that is certain, and unchanged since."""
        return not self.fault


@dataclass(frozen=True, slots=True)
class SealOrder:
    """One file to be sealed; the same id gives the same sealed bytes, however often it is asked."""

    id: str
    seal: str
    name: str
    sha256: str
    size: int
    reason: str = ""
    place: Place | None = None
    format: str = "pdf"


@dataclass(frozen=True, slots=True)
class SealInfo:
    """A seal as its keeper has it; `state` is in_use, stopped, expired or revoked."""

    seal: str
    name: str
    holder: str
    valid_from: date
    valid_to: date
    state: str


@runtime_checkable
class Seals(Protocol):
    """Keeps seals, sets them on files and says what a seal is worth."""

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        """The sealed file.

        Raises:
            BpmnError: `seal_refused` with `reason`, the keeper's.
            Retry: a passing failure. WorkRefused: the order or the answer does not fit.
        """
        ...

    def examine(self, content: bytes) -> Examined:
        """What the seals of a file are worth, and what became of their certificates."""
        ...

    def revoke(self, seal: str, revocation: Revocation) -> None:
        """Have the certificates of a seal revoked; it is not set any more from now on.

        Raises:
            Retry: a passing failure. WorkRefused: there is no such seal, or it is revoked already.
        """
        ...

    def kept(self) -> Sequence[SealInfo]:
        """The seals that may be used here."""
        ...


class SealWorker:
    """`*.sign`: sets a seal on the file `document`.

    Takes `document` (PDF or OFD), `seal`, `place?` (page, x, y, width, height in points),
    `reason?`, `format?` (of a PDF `pdf` or `sm2`; without it that of the keeper), `ofd?` (the same
    document as OFD, to be sealed too);
    gives `sealed` (the file), `sealed_ofd` (null where the keeper has no seal for OFD, with the
    reason in `seal_record.ofd_refused`) and `seal_record` (seal, signer, organisation, signed_at).
    """

    def __init__(self, topic: str, seals: Seals, usual: str = "pdf") -> None:
        self.topic = topic
        self.seals = seals
        self.usual = usual

    def execute(self, work: Work) -> Result:
        """Seal, and look at what came back as strictly as a stranger would."""
        document = work.file("document")
        wanted = _format(document, str(work.variables.get("format") or self.usual).lower())
        order = _order(work, work.key, document, wanted)
        sealed, last = self._sealed(order, document)
        record = {
            "seal": order.seal,
            "signer": last.signer,
            "organisation": last.organisation,
            "signed_at": last.signed_at,
        }
        made = {"sealed": MadeFile(document.name, document.content_type, sealed)}
        if work.variables.get("ofd") is None:
            return {**made, "sealed_ofd": None, "seal_record": record}
        beside, refused = self._beside(work)
        return {**made, "sealed_ofd": beside, "seal_record": {**record, "ofd_refused": refused}}

    def _beside(self, work: Work) -> tuple[MadeFile | None, str | None]:
        """The OFD of the document, sealed; or why its keeper will not: the PDF holds without it."""
        document = work.file("ofd")
        order = _order(work, f"{work.key}-ofd", document, _format(document, OFD))
        try:
            sealed, _last = self._sealed(order, document)
        except BpmnError as error:
            return None, str(error.variables.get("reason") or error.message)
        return MadeFile(document.name, OFD_FILE, sealed), None

    def _sealed(self, order: SealOrder, document: HandedFile) -> tuple[bytes, Signature]:
        with document.open() as stream:
            given = stream.read()
        sealed = self.seals.seal(order, io.BytesIO(given))
        if not _contains(order, sealed, given):
            raise WorkRefused("签章后的文件与送签的文件内容不同", order=order.id)
        found = self.seals.examine(sealed)
        if found.fault == "revoked":
            raise refusal(f"印章证书{revoked_words(found)}，不能再签章")
        if found.fault not in ("", "unchecked"):  # a list that is missing just now stops no seal
            raise WorkRefused(f"交回的文件验签不通过（{FAULTS[found.fault]}）", order=order.id)
        if order.format == NATIONAL and not any(one.kind == NATIONAL for one in found.signatures):
            raise WorkRefused("交回的文件上没有 SM2 签章", order=order.id)
        return sealed, found.signatures[-1]


class ExamineWorker:
    """`*.verify`: what the seals of the file `document` are worth.

    Gives `genuine`, `fault` (in words) and `signatures` (signer, organisation, signed_at,
    revoked_since: null, or since when its certificate is revoked).
    """

    def __init__(self, topic: str, seals: Seals) -> None:
        self.topic = topic
        self.seals = seals

    def execute(self, work: Work) -> Variables:
        """Examine."""
        with work.file("document").open() as stream:
            found = self.seals.examine(stream.read())
        signatures = [
            {
                "signer": one.signer,
                "organisation": one.organisation,
                "signed_at": one.signed_at,
                "revoked_since": one.revocation.since if one.revocation is not None else None,
            }
            for one in found.signatures
        ]
        fault = FAULTS[found.fault] if found.fault else None
        return {"genuine": found.genuine, "fault": fault, "signatures": signatures}


class SealListWorker:
    """`*.seals`: the seals that may be used here, for the ledger of seals.

    Gives `seals` (seal, name, holder, valid_from, valid_to, state).
    """

    def __init__(self, topic: str, seals: Seals) -> None:
        self.topic = topic
        self.seals = seals

    def execute(self, work: Work) -> Variables:
        """List."""
        del work
        listed = [
            {
                "seal": one.seal,
                "name": one.name,
                "holder": one.holder,
                "valid_from": one.valid_from,
                "valid_to": one.valid_to,
                "state": one.state,
            }
            for one in self.seals.kept()
        ]
        return {"seals": listed}


FAULTS: Final[Mapping[str, str]] = {
    "unreadable": "不是可以识别的 PDF、OFD 文件",
    "unknown": "签章的种类无法识别",
    "unsigned": "文件没有电子签章",
    "changed": "文件在签章之后被改动",
    "untrusted": "签章证书不是受信任的机构颁发",
    "unstamped": "没有可信的时间戳",
    "costly": "文件内容异常，核验所需的时间或内存超过限度",
    "unsupported": "文件有 SM2 签章，而本机没有安装国密组件",
    "revoked": "签章时证书已被吊销",
    "unchecked": "未能查明签章证书是否已被吊销",
}


CHANGES: Final[Mapping[str, str]] = {
    "changed": "“{name}”被改动",
    "added": "“{name}”是签章之后加入的",
    "missing": "“{name}”被删除",
    "seal": "印章“{name}”与签章时的不是同一枚",
}


def revoked_words(found: Examined) -> str:
    """Since when the certificate of a revoked seal is, and why."""
    told = (one.standing for one in found.signatures if one.standing is not None)
    revoked = next(one.revocation for one in told if one.state == standing.REVOKED)
    return standing.words(revoked) if revoked is not None else ""


def topics(prefix: str) -> tuple[str, ...]:
    """The topics of a keeper: to seal, to examine, to list."""
    return tuple(f"{prefix}.{name}" for name in ("sign", "verify", "seals"))


class SealKeeper:
    """An adapter that keeps seals: the port itself and the workers of its topics."""

    def __init__(
        self, prefix: str, seals: Seals, department: Department, *, usual: str = "pdf"
    ) -> None:
        """`usual` is the format of what is sealed without a word about it."""
        self.prefix = prefix
        self.seals = seals
        self.department = department
        workers = (
            SealWorker(f"{prefix}.sign", seals, usual),
            ExamineWorker(f"{prefix}.verify", seals),
            SealListWorker(f"{prefix}.seals", seals),
        )
        self.workers: Mapping[str, Worker] = {one.topic: one for one in workers}


def usual_format(settings: Mapping[str, str], adapter: str) -> str:
    """What is sealed as where the process does not say: the setting `FORMAT`, `pdf` or `sm2`.

    Raises:
        ValueError: it is something else, or SM2 without the library for it.
    """
    told = settings.get("FORMAT", "pdf")
    if told not in _USUAL:
        raise ValueError(f"适配器『{adapter}』的签章格式（FORMAT）只能是 {'、'.join(_USUAL)}")
    if told == NATIONAL:
        from adapters._shared import sm2  # noqa: PLC0415 - the library is an extra

        sm2.library()
    return told


def _contains(order: SealOrder, sealed: bytes, given: bytes) -> bool:
    if order.format != OFD:
        return sealed.startswith(given)
    return bool(confined.run("adapters._shared.ofd_seal:holds_all_of", sealed, given))


def _order(work: Work, number: str, document: HandedFile, wanted: str) -> SealOrder:
    return SealOrder(
        id=number,
        seal=_text(work, "seal"),
        name=document.name,
        sha256=document.sha256,
        size=document.size,
        reason=str(work.variables.get("reason") or ""),
        place=_place(work.variables.get("place")),
        format=wanted,
    )


def _format(document: HandedFile, wanted: str) -> str:
    if wanted not in FORMATS:
        raise WorkRefused(f"签章格式只能是 {'、'.join(FORMATS)}，不是 {wanted}")
    if document.content_type == OFD_FILE:
        return OFD
    if document.content_type != PDF:
        raise WorkRefused(f"只能在 PDF、OFD 文件上签章，送来的是 {document.content_type}")
    if wanted == OFD:
        raise WorkRefused("以 OFD 签章须送 OFD 文件，送来的是 PDF")
    return wanted


def _text(work: Work, name: str) -> str:
    value = work.variables.get(name)
    if not isinstance(value, str) or not value:
        raise WorkRefused(f"作业『{work.topic}』缺少『{name}』", name=name)
    return value


def _place(value: Any) -> Place | None:
    if value is None:
        return None
    try:
        numbers = {name: float(value[name]) for name in ("x", "y", "width", "height")}
        return Place(page=int(value["page"]), **numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise WorkRefused("签章位置应有 page、x、y、width、height") from error
