"""The rows of case management; all on `engine.model.Base`, one metadata.

Importing any module of this package loads all of them: rows refer to each other by foreign key.
"""

from processes.model import cases, documents, people, records, tokens

__all__ = ["cases", "documents", "people", "records", "tokens"]
