"""Names of certificates prepared for comparison once each: the library does it for every file.

It parses the certificates of a signature anew with each file, and compares the names in them mark
by mark as RFC 4518, 2 wants it: of all that it takes to verify a seal, two fifths.
Source: RFC 5280, 7.1.
"""

from functools import lru_cache
from typing import Final

from asn1crypto.x509 import NameTypeAndValue

_LONGEST: Final = 200
"""Of what is remembered: a stranger's name may be long."""
_prepare = NameTypeAndValue._ldap_string_prep


def remember() -> None:
    """Have the library prepare them by `prepared` from now on."""
    NameTypeAndValue._ldap_string_prep = prepared


def prepared(name: NameTypeAndValue, text: str) -> str:
    """The text as it is compared.

    Raises:
        ValueError: it has a character that no name may have.
    """
    return _remembered(text) if len(text) <= _LONGEST else str(_prepare(name, text))


@lru_cache(maxsize=512)
def _remembered(text: str) -> str:
    return str(_prepare(NameTypeAndValue(), text))  # of its own state it uses nothing
