"""What may be wrong with a letter."""

from engine.errors import WorkRefused


class LetterInvalid(WorkRefused):
    """A template cannot be filled: a value is missing, unusable, or has no glyph in our fonts.

    What is missing is still missing at the next try: a job ends at once, and a model may catch
    the code to hand the case back to whoever can add it.
    """

    code = "letter_invalid"
