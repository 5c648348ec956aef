"""What can go wrong, named for the condition; each error has a stable code and a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark of a check on a model, form or decision, with the place it concerns."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    file: str = ""
    element: str = ""
    line: int | None = None
    column: int | None = None


class BanliError(Exception):
    """Base of all errors a command may raise; `message` is for people, `code` for programs."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(BanliError):
    """The thing does not exist, or is out of the caller's scope."""

    code = "not_found"


class Forbidden(BanliError):
    """The caller may see the thing but not do this to it."""

    code = "forbidden"


class TaskNotActive(BanliError):
    """The task is gone: somebody else was first, or the process moved on."""

    code = "task_not_active"

    def __init__(
        self, message: str, *, by: str | None = None, at: datetime | None = None, **details: Any
    ) -> None:
        super().__init__(message, by=by, at=at, **details)
        self.by = by
        self.at = at


class TaskAlreadyClaimed(TaskNotActive):
    """Another person holds the task."""

    code = "task_already_claimed"


class Conflict(BanliError):
    """The revision read is not the revision stored any more."""

    code = "conflict"


class DeploymentRejected(BanliError):
    """A bundle has findings of severity error; nothing was deployed."""

    code = "deployment_rejected"

    def __init__(self, findings: Sequence[Finding]) -> None:
        errors = [finding for finding in findings if finding.severity == "error"]
        first = errors[0].message if errors else ""
        super().__init__(f"检查未通过，共 {len(errors)} 处错误：{first}")
        self.findings = tuple(findings)


class VariablesInvalid(BanliError):
    """A value may not become a process variable; `path` names it."""

    code = "variables_invalid"

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message, path=path)
        self.path = path


class ExpressionError(BanliError):
    """An expression of a model failed at run time, or gave a value that cannot be used there."""

    code = "expression_failed"

    def __init__(
        self, message: str, *, element: str = "", expression: str = "", **position: Any
    ) -> None:
        super().__init__(message, element=element, expression=expression, **position)
        self.element = element
        self.expression = expression


class LimitExceeded(BanliError):
    """A bound of `engine.limits` was crossed; the step is rolled back."""

    code = "limit_exceeded"


class BpmnError(BanliError):
    """A business error with a BPMN error code, to be caught by an error event of the model."""

    code = "bpmn_error"

    def __init__(
        self, error_code: str, message: str = "", *, variables: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message or error_code, error_code=error_code)
        self.error_code = error_code
        self.variables = dict(variables or {})


class Retry(BanliError):
    """The work failed for a passing reason and is to be tried again after a while."""

    code = "retry"

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Paused(Retry):
    """The department is being left in peace after failures; it was not asked at all."""

    code = "paused"


class WorkRefused(BanliError):
    """A department will never do this work (4xx, schema or identity mismatch): no retry helps."""

    code = "work_refused"


class MessageRefused(BanliError):
    """A message from outside is not authentic, not well formed, or too old."""

    code = "message_refused"
