"""An analyst's browser: what the editor's page carries and what its script sends."""

import json
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Page:
    """An analyst's browser on one draft."""

    def __init__(self, client: FlaskClient, draft_id: int) -> None:
        self.client = client
        self.href = f"/analyst/drafts/{draft_id}"
        self.id = draft_id
        self.open()

    def open(self) -> TestResponse:
        answer = self.client.get(self.href)
        html = answer.get_data(as_text=True)
        self.token = token_of(html)
        self.data = embedded(html, "draft-data")
        self.files: dict[str, str] = self.data["files"]
        self.revision = self.data["revision"]
        return answer

    def post(self, what: str, body: Any) -> TestResponse:
        headers = {"X-CSRFToken": self.token, "Accept": "application/json"}
        return self.client.post(f"{self.href}/{what}", json=body, headers=headers)

    def save(self, **more: Any) -> TestResponse:
        answer = self.post("save", {"files": self.files, "revision": self.revision, **more})
        if answer.status_code == 200:
            self.revision = answer.json["revision"]
        return answer

    def findings(self) -> list[dict[str, Any]]:
        return self.post("check", {"files": self.files}).json["findings"]

    def act(self, what: str) -> TestResponse:
        return self.client.post(f"{self.href}/{what}", data={"csrf_token": self.token})


def token_of(html: str) -> str:
    return html.split('name="csrf-token" content="')[1].split('"', maxsplit=1)[0]


def embedded(html: str, id_: str) -> Any:
    """The JSON that a page carries for its script."""
    found = re.search(rf'id="{id_}"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])
