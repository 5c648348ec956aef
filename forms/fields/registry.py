"""The field types by the word used in form files."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forms.fields import attached, chosen, composed, counted, written
from forms.fields.base import Field

_CLASSES: Final[tuple[type[Field], ...]] = (
    written.Text,
    written.TextArea,
    counted.Decimals,
    counted.Integer,
    counted.Money,
    counted.Date,
    counted.Moment,
    counted.Boolean,
    chosen.Choice,
    chosen.Choices,
    chosen.Lookup,
    chosen.Org,
    written.ResidentNumber,
    written.CreditCode,
    written.Phone,
    written.Postcode,
    attached.File,
    attached.Files,
    attached.Image,
    attached.Signature,
    composed.Rows,
    composed.Auto,
    composed.Info,
)

TYPES: Final[Mapping[str, type[Field]]] = MappingProxyType({c.type: c for c in _CLASSES})
