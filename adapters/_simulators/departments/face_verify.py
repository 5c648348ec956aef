"""The service that compares faces: a page where passing and failing are one click each."""

import html
import threading
from datetime import timedelta
from typing import Any, Final

from adapters._simulators.correspondent import Body, Refusal
from adapters._simulators.paged import Paged
from engine import clock

_FOR: Final = timedelta(minutes=30)


class FaceVerify(Paged):
    """Opens a page per check; a check is told of once it has been done."""

    title = "人脸核验系统"
    key_member = "check_no"

    def serve(self, name: str, body: Body, mode: str) -> dict[str, Any]:
        if mode == "reject_order":
            raise Refusal("no_portrait", "人像库中没有此人")
        number = str(body["check_no"])
        return {
            "check_url": f"{self.address}/check/{number}",
            "expires_at": clock.now() + _FOR,
        }

    def page(self, path: str, form: dict[str, str] | None) -> str | None:
        number = path.removeprefix("/check/")
        if number == path or not number.isascii():
            return None
        if form is None:
            buttons = (
                '<form method="post"><p>请正对屏幕，按提示眨眼。模拟环境不使用摄像头。</p>'
                '<button class="p" name="result" value="passed">模拟：核验通过</button>'
                '<button name="result" value="failed">模拟：核验未通过</button></form>'
            )
            return self.drawn(f"人脸核验 {html.escape(number)}", buttons)
        passed = form.get("result") == "passed"
        self.tell(number, passed=passed)
        return self.drawn("核验通过" if passed else "核验未通过", "<p>结果已送回办理系统。</p>")

    def tell(self, number: str, *, passed: bool) -> None:
        """Send what came of a check."""
        told: dict[str, Any] = {"result": "passed", "score": 0.97, "checked_at": clock.now()}
        if not passed:
            told |= {"result": "failed", "score": 0.31, "reason": "与证件照片不像同一人"}
        given = ("face_checked", number, told, self.faults.now())
        threading.Thread(target=self._send, args=given, daemon=True).start()
