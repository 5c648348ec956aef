"""办事指南: what the public can have done, for whom, with which materials, when, at what fee.

Told by the domains (`services` of a domain file, docs/domains.md), beside the process that does it.

Invariant: the portal offers a process only if it has a guide and its `starters` let applicants
begin it; nothing of a guide decides anything in a case.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy.orm import Session

from engine.errors import NotFound
from processes import registers
from processes.casework import applications
from processes.casework.applications import Service
from processes.domains import domains
from processes.domains.domains import DomainRefused, Word
from processes.identity.identity import Citizen, User

PARTIES: Final = ("person", "enterprise")
WAYS: Final = ("fill", "fetch", "consent", "upload", "original")
"""How a material comes: the form itself, fetched by us, fetched with consent and uploaded without,
uploaded, shown at the counter."""
NOBODY: Final = User(id=0, login="", name="", kind="applicant")


@dataclass(frozen=True, slots=True)
class Paper(Word):
    """A material and how it comes."""

    how: str
    note: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Held(Word):
    """Records about the applicant that we hold and, if he agrees, fill in for him (免提交)."""

    register: str
    own: str
    """The field of the ledger that holds his number."""
    label: tuple[str, ...]
    fills: Mapping[str, str]
    """Field of the form → FEEL over `record` and `holder`."""
    statuses: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)
    """In the place of the guide's `own` where this record is used: whoever owns it sells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """The guide to one service; texts of law are Chinese alone."""

    key: str
    theme: Word
    title: Word
    summary: Word
    audience: tuple[str, ...]
    organ: Word
    steps: tuple[Word, ...]
    materials: tuple[Paper, ...]
    statutory: Word
    promised: Word
    fee: Word
    basis: tuple[str, ...]
    result: Word
    visits: int
    conditions: tuple[Word, ...]
    words: tuple[str, ...]
    """Other words by which people look for it."""
    own: Mapping[str, str]
    """Field of the form → FEEL over `holder`: filled in from the unified identity."""
    held: Mapping[str, Held]

    def is_for(self, holder: Citizen) -> bool:
        """Whether the service is for this kind of party."""
        return holder.kind in self.audience

    def holds(self, text: str) -> bool:
        """Whether somebody who looks for this means it."""
        told = (self.title, self.summary, self.theme, *self.materials, self.result)
        said = [part for word in told for part in (word.title, word.title_en)]
        return any(text.lower() in one.lower() for one in (*said, *self.words))


@dataclass(frozen=True, slots=True)
class Offered:
    """A service with its guide, as the portal offers it."""

    guide: Guide
    service: Service


def offered(session: Session, *, text: str = "", party: str = "") -> list[Offered]:
    """What the portal offers, by the words and the kind of party looked for."""
    found = []
    for one in applications.services(session, NOBODY):
        guide = guides().get(one.definition.key)
        if guide is None or (party and party not in guide.audience):
            continue
        if not text or guide.holds(text):
            found.append(Offered(guide, one))
    return found


def find(session: Session, key: str) -> Offered:
    """One service of the portal.

    Raises:
        NotFound: the portal does not offer it.
    """
    guide = guides().get(key)
    if guide is None:
        raise NotFound("没有这项服务", key=key)
    return Offered(guide, applications.service(session, key, by=NOBODY))


@cache
def guides() -> Mapping[str, Guide]:
    """Every guide, by the process it is about.

    Raises:
        DomainRefused: a guide is incomplete, or names a ledger or field that is not there.
    """
    return {key: _guide(key, told) for key, told in domains.current().services.items()}


def _guide(key: str, told: Mapping[str, Any]) -> Guide:
    try:
        read = dict(_Guide(unknown=RAISE).load(dict(told)))
    except ValidationError as error:
        raise DomainRefused(f"服务『{key}』：{error.messages}") from error
    held = {code: _held(key, one) for code, one in read.pop("held").items()}
    told_of: dict[str, Any] = {name: tuple(read.pop(name)) for name in _LISTS}
    told_of |= {name: Word(**read.pop(name)) for name in _WORDS}
    papers = tuple(Paper(**one) for one in read.pop("materials"))
    for name in ("steps", "conditions"):
        told_of[name] = tuple(Word(**one) for one in read.pop(name))
    return Guide(key=key, held=held, materials=papers, **told_of, **read)


def _held(key: str, told: Mapping[str, Any]) -> Held:
    ledger = registers.definition(told["register"])
    for name in (told["own"], *told["label"]):
        if name not in ledger.fields:
            raise DomainRefused(f"服务『{key}』：台账『{ledger.register}』没有字段『{name}』")
    if told["own"] not in ledger.search:
        raise DomainRefused(f"服务『{key}』：『{told['own']}』不可检索")
    return Held(**{**told, "label": tuple(told["label"]), "statuses": tuple(told["statuses"])})


_WORDS: Final = ("theme", "title", "summary", "statutory", "promised", "fee", "result", "organ")
_LISTS: Final = ("audience", "basis", "words")
_TEXT: Final = validate.Length(1, 300)


class _Word(Schema):
    title = fields.String(required=True, validate=_TEXT)
    title_en = fields.String(required=True, validate=_TEXT)


class _Paper(_Word):
    how = fields.String(required=True, validate=validate.OneOf(WAYS))
    note = fields.String(load_default="", validate=validate.Length(max=300))
    note_en = fields.String(load_default="", validate=validate.Length(max=300))


class _Held(_Word):
    register = fields.String(required=True)
    own = fields.String(required=True)
    label = fields.List(fields.String(), required=True, validate=validate.Length(1, 4))
    statuses = fields.List(fields.String(), load_default=list)
    fills = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    identity = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)


class _Guide(Schema):
    theme = fields.Nested(_Word, required=True)
    title = fields.Nested(_Word, required=True)
    summary = fields.Nested(_Word, required=True)
    audience = fields.List(
        fields.String(validate=validate.OneOf(PARTIES)),
        required=True,
        validate=validate.Length(1),
    )
    organ = fields.Nested(_Word, required=True)
    steps = fields.List(fields.Nested(_Word), required=True, validate=validate.Length(1))
    materials = fields.List(fields.Nested(_Paper), required=True)
    statutory = fields.Nested(_Word, required=True)
    promised = fields.Nested(_Word, required=True)
    fee = fields.Nested(_Word, required=True)
    basis = fields.List(fields.String(validate=_TEXT), required=True, validate=validate.Length(1))
    result = fields.Nested(_Word, required=True)
    visits = fields.Integer(required=True, validate=validate.Range(0, 3))
    conditions = fields.List(fields.Nested(_Word), load_default=list)
    words = fields.List(fields.String(), load_default=list)
    own = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    held = fields.Dict(keys=fields.String(), values=fields.Nested(_Held), load_default=dict)


def themes(found: Sequence[Offered]) -> Iterator[tuple[Word, list[Offered]]]:
    """The services by theme, in the order in which the themes come first."""
    by_theme: dict[str, tuple[Word, list[Offered]]] = {}
    for one in found:
        by_theme.setdefault(one.guide.theme.title, (one.guide.theme, []))[1].append(one)
    yield from by_theme.values()
