"""The field types: one small class each, found by the word used in form files."""
