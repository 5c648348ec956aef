"""The REST API: OpenAPI 3.1 at `/api/openapi.json`, for people at `/api/docs`.

Invariant: the API gives the same commands with the same permissions as the pages, never more.
"""

import re
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template
from flask_smorest import Api

from web.api import (
    ad_hoc,
    agents,
    calendar,
    cases,
    circulation,
    commands,
    conditions,
    definitions,
    documents,
    drafts,
    external_tasks,
    files,
    filters,
    foresight,
    incidents,
    instances,
    interfaces,
    messages,
    migrations,
    movement,
    notices,
    operations,
    organisations,
    people,
    registers,
    signals,
    signature,
    signers,
    statistics,
    tasks,
    trial,
    verification,
)
from web.api.schemas.base import Problem
from web.auth import policy
from web.paths import IdConverter

_PARTS: Final = (
    cases,
    ad_hoc,
    tasks,
    migrations,
    movement,
    files,
    definitions,
    documents,
    drafts,
    instances,
    external_tasks,
    messages,
    people,
    signals,
    conditions,
    signers,
    foresight,
    agents,
    circulation,
    incidents,
    interfaces,
    operations,
    organisations,
    notices,
    signature,
    registers,
    statistics,
    verification,
    calendar,
    filters,
    trial,
)
_PUBLIC_QUERIES: Final = (
    "/api/v1/cases/progress",
    "/api/v1/verifications/code",
    "/api/v1/verifications/holder",
    "/api/v1/verifications/file",
)
"""What anybody may ask; sent as a body because the code that opens it belongs in no address."""
_ID: Final = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
_SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"session": []}]

docs = Blueprint("api_docs", __name__, url_prefix="/api")


class _Api(Api):  # type: ignore[misc]
    """smorest's collection of blueprints without its routes and error handlers: ours do both."""

    def _register_error_handlers(self) -> None:
        """Leave errors to the blueprints."""


@docs.get("/openapi.json")
@policy("public")
def openapi() -> Response:
    """The OpenAPI document."""
    return jsonify(document())


@docs.get("/docs")
@policy("public")
def page() -> str:
    """The OpenAPI document for people."""
    return render_template("api/docs.html", document=document(), groups=_groups(document()))


def document() -> dict[str, Any]:
    """The OpenAPI document of the present application."""
    api: _Api = current_app.extensions["banli_api"]
    found: dict[str, Any] = api.spec.to_dict()
    components = found["components"]  # without what smorest brings along and we never answer
    components.pop("responses", None)
    for unused in ("Error", "PaginationMetadata"):
        components["schemas"].pop(unused, None)
    return found


def _groups(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Operations by tag, for the page."""
    titles = {tag["name"]: tag["description"] for tag in found["tags"]}
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in found["paths"].items():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method == "parameters":
                continue
            line = {
                **operation,
                "method": method.upper(),
                "path": path,
                "parameters": [*shared, *operation.get("parameters", [])],
            }
            groups.setdefault(titles[operation["tags"][0]], []).append(line)
    return groups


def register(app: Flask) -> None:
    """Add the API to an application."""
    app.config.update(
        API_TITLE="办理 Banli API",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
        API_SPEC_OPTIONS={
            "info": {"description": "错误以 application/problem+json（RFC 9457）返回。"},
            "security": _SECURITY,
        },
    )
    app.url_map.converters["id"] = IdConverter
    api = _Api(app)
    api.register_converter(IdConverter, lambda _converter: dict(_ID))
    for name, scheme in {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
    }.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.components.schema("Problem", schema=Problem)
    for part in _PARTS:
        api.register_blueprint(part.blueprint)
    api.register_blueprint(messages.channels)
    api.register_blueprint(foresight.cases)
    _describe(api)
    app.extensions["banli_api"] = api
    app.register_blueprint(docs)


def _describe(api: Any) -> None:
    """Problem answers and the headers of commands, the same for every operation."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    # apispec keeps the paths it was given until they are written out
    for path, methods in api.spec._paths.items():
        for method, operation in methods.items():
            if method != "parameters":
                _describe_one(path, method, operation, problem)


def _describe_one(path: str, method: str, operation: dict[str, Any], problem: Any) -> None:
    operation["responses"].pop("422", None)
    for key_text in ("summary", "description"):  # docstrings end as our linter wants
        if operation.get(key_text, "").endswith("."):
            operation[key_text] = operation[key_text].removesuffix(".") + "。"
    operation["responses"]["default"] = {"description": "出错", "content": problem}
    if path in _PUBLIC_QUERIES:
        operation["security"] = []
    elif method in ("post", "put", "delete"):
        operation.setdefault("parameters", []).append(_KEY)
        if not commands.REVISED.keys().isdisjoint(_NAMED.findall(path)):
            operation["parameters"].append(_IF_MATCH)
        if {"task_id", "case_id"} & {*_NAMED.findall(path)}:
            operation["parameters"].append(_DRY_RUN)


_NAMED: Final = re.compile(r"{(\w+)}")
_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "幂等键：同一键的同一请求只执行一次",
}
_DRY_RUN: Final = {
    "in": "header",
    "name": "Dry-Run",
    "required": False,
    "schema": {"type": "string", "enum": ["true"]},
    "description": "只试算：照样检查和执行，随即全部撤销，答复为办理后的情形（Outlook）",
}
_IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "读取任务、办件或草稿时得到的 ETag；已有变化时返回 409，什么也不做",
}
