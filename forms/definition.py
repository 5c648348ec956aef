"""A form as it is deployed: read once per content, shared, never changed.

Everything a form can do begins here: validate answers, give its marshmallow class and its OpenAPI
component. Invariant: two forms with the same bytes and name are the same object.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import marshmallow

from engine.errors import DeploymentRejected
from engine.variables import Variables
from forms import source
from forms.errors import FormInvalid
from forms.fields.base import Field
from forms.fields.composed import schema_of
from forms.lookups import Lookups
from forms.reading import Reader, Section
from forms.validation import validate

__all__ = ["Field", "FormDefinition", "FormInvalid", "Section", "read"]


@dataclass(frozen=True)
class FormDefinition:
    """One form: its sections, and what may be asked of it."""

    id: str
    title: str
    sections: tuple[Section, ...]
    title_en: str = ""
    help: str = ""
    filename: str = ""
    digest: str = ""
    _by_name: Mapping[str, Field] = field(default_factory=dict, repr=False)

    def fields(self) -> Iterator[Field]:
        """All fields in the order of the page; columns of tables belong to their table."""
        for section in self.sections:
            yield from section.fields

    def field(self, name: str) -> Field | None:
        """The field with a name."""
        return self._by_name.get(name)

    def labels(self) -> dict[str, str]:
        """Name → label, for messages and letters."""
        return {spec.name: spec.label for spec in self.fields()}

    def validate(
        self,
        answers: Mapping[str, Any],
        *,
        context: Mapping[str, Any] | None = None,
        node: str | None = None,
        partial: bool = False,
        lookups: Lookups | None = None,
    ) -> Variables:
        """The variables that the answers of a node become.

        Answers may be text from a page or values of JSON. A field that is not shown is dropped
        (null if the case had a value for it); one that is missing is an error only if required,
        and with `partial` not even then.

        Raises:
            FormInvalid: the answers break rules; carries them as they were typed.
        """
        return validate(
            self,
            answers,
            context=context or {},
            node=node,
            partial=partial,
            lookups=lookups or Lookups(),
        )

    @cached_property
    def schema_class(self) -> type[marshmallow.Schema]:
        """The marshmallow class that reads the answers one by one."""
        return schema_of(tuple(self.fields()))

    def schema(self) -> marshmallow.Schema:
        """A new instance of the marshmallow class."""
        return self.schema_class()

    def openapi(self, *, node: str | None = None) -> dict[str, Any]:
        """The OpenAPI 3.1 component: a JSON schema of the answers that a node may give."""
        writable = [f for f in self.fields() if f.has_value and f.editable(node)]
        needed = [f.name for f in writable if f.required and not f.shown_if]
        schema: dict[str, Any] = {
            "type": "object",
            "title": self.title,
            "properties": {f.name: f.described() for f in writable},
            "additionalProperties": False,
        }
        return {**schema, "required": needed} if needed else schema


@lru_cache(maxsize=512)
def read(content: bytes, filename: str) -> FormDefinition:
    """The form in a file.

    Raises:
        DeploymentRejected: it is no form; every finding has its line.
    """
    mapping = source.load(content, filename)
    reader = Reader(filename)
    form_id, title = reader.head(mapping)
    sections = reader.sections(mapping)
    if reader.findings:
        raise DeploymentRejected(reader.findings)
    return FormDefinition(
        id=form_id,
        title=title,
        sections=sections,
        title_en=str(mapping.get("title_en") or ""),
        help=str(mapping.get("help") or ""),
        filename=filename,
        digest=hashlib.sha256(content).hexdigest(),
        _by_name={spec.name: spec for section in sections for spec in section.fields},
    )
