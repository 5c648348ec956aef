"""Letters and certificates: templates as data, drawn as PDF with our own fonts."""

from processes.letters.errors import LetterInvalid
from processes.letters.template import Template, read

__all__ = ["LetterInvalid", "Template", "read"]
