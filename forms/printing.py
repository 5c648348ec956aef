"""A filled-in form for paper: titles, label and text, tables; the letters engine lays it out.

Invariant: like `display`, sensitive values are masked unless they are to be revealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms import display
from forms.definition import FormDefinition
from forms.lookups import Lookups


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its head."""

    label: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Block:
    """A section: lines of label and text, then tables, then pictures by digest."""

    title: str
    lines: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    pictures: Sequence[tuple[str, str]]


def blocks(
    form: FormDefinition,
    values: Mapping[str, Any],
    *,
    reveal: bool = False,
    lookups: Lookups | None = None,
) -> list[Block]:
    """What is printed: all that is shown, in the order of the form."""
    rights = display.Rights(may_edit=False, reveal=reveal)
    sections = display.layout(form, {}, context=values, rights=rights, lookups=lookups)
    return [_block(section, values) for section in sections if section.visible]


def _block(section: display.SectionView, values: Mapping[str, Any]) -> Block:
    shown = [spec for spec in section.fields if spec.visible and spec.type != "info"]
    pictures = [spec for spec in shown if spec.type in ("image", "signature") and spec.text]
    tables = [spec for spec in shown if spec.type == "rows"]
    plain = [spec for spec in shown if spec not in pictures and spec not in tables]
    return Block(
        section.title,
        [(spec.label, spec.text or "—") for spec in plain],
        [_table(spec) for spec in tables],
        [(spec.label, str(values[spec.name]["file"])) for spec in pictures],
    )


def _table(spec: display.FieldView) -> Table:
    head = [column.label for column in spec.columns]
    return Table(spec.label, head, [[cell.text for cell in row.cells] for row in spec.rows])
