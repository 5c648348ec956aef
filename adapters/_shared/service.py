"""One service of a department: a signed question over HTTP and the answer to it, at once.

Invariant: only the members that the contract declares go out, whatever the case knows; an answer
counts only if it is to this question, whole, and each member of its kind.
"""

from collections.abc import Mapping
from typing import Any

from adapters._shared import signing, wire
from adapters._shared.client import Department
from adapters._shared.members import EMPTY, ServiceType, read
from adapters._shared.signing import Keys, Subject
from engine.errors import BpmnError, MessageRefused, WorkRefused
from engine.ports import Work
from engine.variables import Variables


class Service:
    """Asks for one service; the worker of its topic."""

    def __init__(
        self, topic: str, asked: ServiceType, department: Department, *, keys: Keys
    ) -> None:
        self.topic = topic
        self.department = department
        self._asked = asked
        self._keys = keys

    def execute(self, work: Work) -> Variables:
        """Ask; returns the members of the answer.

        Raises:
            BpmnError: a refusal that the contract names.
            Retry: a passing failure. WorkRefused: the question or the answer does not fit.
        """
        question = {"request_id": work.key, "name": self.topic, "body": self._body(work.variables)}
        body = wire.dump(question)
        path = f"/services/{self.topic.partition('.')[2]}"
        headers = signing.sign(Subject("service", path), body, keys=self._keys)
        return self._read(work.key, self.department.post(path, body, headers))

    def _body(self, variables: Variables) -> Variables:
        given = {one.name: variables.get(one.name) for one in self._asked.asked}
        for one in self._asked.asked:
            if one.required and given[one.name] in EMPTY:
                raise WorkRefused(f"『{self._asked.title}』缺少『{one.name}』（{one.title}）")
        return {name: value for name, value in given.items() if value is not None}

    def _read(self, key: str, answer: Mapping[str, Any]) -> Variables:
        name = self.department.name
        if answer.get("request_id") != key:
            raise WorkRefused(f"『{name}』的答复不是对本次请求的")
        if isinstance(refusal := answer.get("refusal"), dict):
            code, reason = str(refusal.get("code", "")), str(refusal.get("reason", ""))[:500]
            if code in self._asked.refusals:
                raise BpmnError(code, reason or self._asked.refusals[code])
            raise WorkRefused(f"『{name}』以约定之外的代码拒绝：{code[:40]} {reason}")
        content = answer.get("body")
        if not isinstance(content, dict):
            raise WorkRefused(f"『{name}』的答复缺少正文『body』")
        try:
            return read(self._asked.answered, content, self._asked.title)
        except MessageRefused as error:
            raise WorkRefused(f"『{name}』的答复有误：{error.message}") from error
