"""What the program writes down about itself: one line of JSON per event, or plain text.

Invariant: every line passes one redaction; logs carry ids, not values (reliability-and-security
rule 34). An event has a fixed name; what varies is an extra: a number, or an id in ASCII.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any, Final

from web.config import Settings

HIDDEN: Final = "***"
_LONGEST: Final = 2_000
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET: Final = re.compile(
    r"(?i)pass(word|wd)|secret|token|cookie|authorization|signature|session"
    r"|(^|_)(key|code|name|phone|mobile|address|id_no|idno|birth|photo|email)($|_|s$)"
)
# an identity number and an id of ours both have 18 digits: an id is a number in an extra, not text
_VALUES: Final = (
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),  # mail
    re.compile(r"://[^/\s:@]+:[^@\s]+@"),  # log-in in an address
    re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15})(?![0-9A-Za-z])"),  # GB 11643
    re.compile(r"(?<![0-9A-Za-z])[0-9A-Y]{2}[0-9]{6}[0-9A-Y]{10}(?![0-9A-Za-z])"),  # GB 32100
    re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])"),
    re.compile(r"(?<![0-9])0[1-9][0-9]{1,2}-[0-9]{7,8}(?![0-9])"),
)
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def redact(text: str) -> str:
    """A text without identity numbers, credit codes, phones, mail, credentials and typed Chinese.

    Our own event names and the messages of libraries are ASCII; what is not was typed by somebody.
    """
    for value in _VALUES:
        text = value.sub(HIDDEN, text)
    return _FOREIGN.sub(HIDDEN, text)[:_LONGEST]


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """What an event carries besides its name; by name or kind no personal value passes."""
    given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    return {name: _extra(name, value) for name, value in given.items()}


def _extra(name: str, value: object) -> object:
    if _SECRET.search(name):
        return HIDDEN
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value)) if isinstance(value, str) else HIDDEN


def failure(error: BaseException, causes: int = 5) -> dict[str, Any]:
    """An exception: class, redacted message, where it came from (innermost last), its causes."""
    frames = traceback.extract_tb(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {
        "type": type(error).__qualname__,
        "message": redact(str(error)),
        "stack": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        **({"cause": failure(cause, causes - 1)} if cause and causes else {}),
    }


class Lines(logging.Formatter):
    """One JSON object a line (RFC 8259), UTC."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": redact(record.getMessage()),
            **extras(record),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = failure(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


class Text(logging.Formatter):
    """For the person at the terminal of a demo; the stack follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        told = [record.levelname, record.name, redact(record.getMessage())]
        told += [f"{name}={value}" for name, value in extras(record).items()]
        lines = [_CONTROL.sub(" ", " ".join(told))]
        error = record.exc_info[1] if record.exc_info else None
        found = failure(error) if error else None
        while found:
            lines += [f"    {place}" for place in found["stack"]]
            lines.append(_CONTROL.sub(" ", f"  {found['type']}: {found['message']}"))
            found = found.get("cause")
        return "\n".join(lines)


def install(settings: Settings) -> None:
    """Let this process write its events to the error output in the form of the installation."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if settings.json_logs else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("banli").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_failed


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        error = args.exc_value
        logging.getLogger("banli.running").error("thread.failed", exc_info=error)
