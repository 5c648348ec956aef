"""Statistics as programs read them: the numbers of the page."""

from typing import Any

from processes import statistics
from processes.identity.roles import Action
from processes.statistics import FILTERS, Asked
from web.api import access, blueprints
from web.api.access import access as allow
from web.api.schemas.statistics import StatisticQuery, Statistics, StatisticTable
from web.figures import counted

blueprint = blueprints.make("statistics", "/statistics", "统计")


@blueprint.get("")
@allow(Action.VIEW_STATISTICS)
@blueprint.response(200, Statistics)
def offered() -> Any:
    """可以查看的统计."""
    return {"items": statistics.offered(access.user())}


@blueprint.get("/<string(minlength=1, maxlength=64):statistic>")
@allow(Action.VIEW_STATISTICS)
@blueprint.arguments(StatisticQuery, location="query")
@blueprint.response(200, StatisticTable)
def one(query: dict[str, Any], statistic: str) -> Any:
    """一项统计的数字，与页面相同."""
    only = {name: value for name in FILTERS if (value := query.pop(name))}
    return counted(statistic, by=access.user(), asked=Asked(**query, only=only))
