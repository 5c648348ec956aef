"""Moving running cases to another version of their process."""

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from processes.identity.roles import Action
from processes.movement import migrating
from processes.movement.migrating import Order
from web.api import access, blueprints, commands
from web.api.access import access as allow
from web.api.schemas.base import Flag, Id, Reason, Reply, Request, Text
from web.database import read_session

blueprint = blueprints.make("migrations", "/definitions", "在办案件迁移")


class MigrationVersions(Request):
    """From which version to which; elements of other ids by what they become."""

    source = fields.Integer(required=True, metadata={"description": "原版本号"})
    target = fields.Integer(required=True, metadata={"description": "目标版本号"})
    mapping = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={"description": "环节标识不同的：原环节 → 目标环节"},
    )


class MigrationLook(MigrationVersions):
    """Which cases to look at."""

    after = Id(allow_none=True, load_default=None, metadata={"description": "从这个案件之后起"})


class MigrationOrder(MigrationVersions, Reason):
    """An order to move one case."""


class MigrationPlace(Reply):
    """Where a case stands and where that is afterwards."""

    element = Text()
    name = Text()
    to = Text()
    to_name = Text()


class MigrationProblem(Reply):
    """What has no place in the target."""

    element = Text()
    name = Text()
    reason = Text()


class MigrationLine(Reply):
    """One case."""

    case_id = Id()
    reference = Text()
    title = Text()
    step = Text()
    movable = Flag()
    refused = Text()
    placed = fields.List(fields.Nested(MigrationPlace))
    dropped = fields.List(fields.String())
    added = fields.List(fields.String())
    problems = fields.List(fields.Nested(MigrationProblem))


class MigrationPreview(Reply):
    """What a migration would do."""

    lines = fields.List(fields.Nested(MigrationLine))
    next = Id(allow_none=True)


@blueprint.post("/by-key/<string(length=None, minlength=1, maxlength=128):key>/migration/preview")
@allow(Action.MIGRATE_CASE)
@blueprint.arguments(MigrationLook)
@blueprint.response(200, MigrationPreview)
def preview(arguments: dict[str, Any], key: str) -> Any:
    """试算：各在办案件迁移后停在哪里，或者为什么不能迁移；不改变任何案件."""
    with read_session() as session:
        after = int(arguments.pop("after") or 0)
        return migrating.preview(
            session, Order(key=key, **arguments), by=access.user(), after=after
        )


@blueprint.post(
    "/by-key/<string(length=None, minlength=1, maxlength=128):key>/migration/<id:case_id>"
)
@allow(Action.MIGRATE_CASE)
@blueprint.arguments(MigrationOrder)
@blueprint.response(200, MigrationLine)
def migrate(arguments: dict[str, Any], key: str, case_id: int) -> Response:
    """迁移一个案件；办理人、期限和已填内容不变."""

    def work(session: Session) -> Any:
        reason = arguments["reason"]
        order = Order(key=key, **{name: arguments[name] for name in _ORDER})
        done = migrating.migrate(session, case_id, order, by=access.user(), reason=reason)
        return MigrationLine().dump(done)

    return commands.perform(work)


_ORDER = ("source", "target", "mapping")
