"""The application of the pages' tests with one more process, and callers of the API."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from processes.identity import tokens
from processes.modelling import bundle, deployment
from tests.web.conftest import laid_down
from web.database import database

FOLDER = Path(__file__).parent / "yacht_licence_api"
ID_NO = "11010519491231002X"


@dataclass
class Caller:
    """A program with the token of one of the cast."""

    client: FlaskClient
    token: str

    def __call__(
        self, method: str, path: str, json: Any = None, *, key: str = "", **more: Any
    ) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        if key:
            headers["Idempotency-Key"] = key
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self("POST", path, json, **more)


@pytest.fixture(scope="module")
def deployed(built: SimpleNamespace) -> SimpleNamespace:
    """The application with the process of these tests."""
    with built.app.app_context(), database().transaction() as session:
        made = bundle.read_folder(FOLDER)
        deployment.deploy(session, made, by="system", topics=["outside.print"])
    return built


@pytest.fixture(autouse=True)
def its_own_settings(deployed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys and settings of this application, whatever other tests laid down meanwhile."""
    laid_down(deployed.app, monkeypatch)


@pytest.fixture
def caller(deployed: SimpleNamespace) -> Callable[..., Caller]:
    """A program that calls in the name of one of the cast."""

    def make(login: str, *scopes: str) -> Caller:
        app: Flask = deployed.app
        with app.app_context(), database().transaction() as session:
            token = tokens.issue(session, deployed.ids[login], by="test", scopes=scopes or ("api",))
        return Caller(app.test_client(), token)

    return make


_names = count()


@pytest.fixture
def filed(caller: Callable[..., Caller]) -> Callable[..., dict[str, Any]]:
    """Files an application; gives what the API answered, and the id of the open task."""

    def file(**answers: Any) -> dict[str, Any]:
        values = {"org": "370001", "name": f"申请人{next(_names)}", "id_no": ID_NO, **answers}
        body = {"process": "yacht_licence_api", "answers": values}
        answer = caller("applicant").post("/cases", body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        rows = caller("acceptor").get(f"/tasks?text={answer.json['reference']}").json["items"]
        return {**answer.json, "task": rows[0]["task_id"], "name": values["name"]}

    return file


def paths_that_name(client: FlaskClient, header: str) -> set[str]:
    """The addresses whose description names a header."""
    paths = client.get("/api/openapi.json").json["paths"]
    return {
        path
        for path, operations in paths.items()
        for method, one in operations.items()
        if method != "parameters"
        and any(p.get("name") == header for p in one.get("parameters", []))
    }
