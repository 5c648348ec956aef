"""What may be wrong with a letter."""

from engine.errors import BanliError


class LetterInvalid(BanliError):
    """A template cannot be filled: a value is missing, unusable, or has no glyph in our fonts."""

    code = "letter_invalid"
