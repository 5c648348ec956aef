"""The provincial platform of registration data."""

from typing import Any

from adapters._simulators.correspondent import Body, Correspondent, Refusal


class BasePlatform(Correspondent):
    """Counts what cities hand in; the same city and day always give the same numbers."""

    title = "省级不动产登记信息管理基础平台"

    def serve(self, name: str, body: Body, mode: str) -> dict[str, Any]:
        region, day = str(body.get("region")), str(body.get("day"))
        if region[:4] == "6199" or mode == "reject_order":
            raise Refusal("unknown_region", "该市县尚未接入")
        count = 300 + sum(map(ord, region + day)) % 200
        lacking = [f"DB{region}{day.replace('-', '')}{n:03d}" for n in range(count % 4)]
        return {
            "source_count": str(count),
            "platform_count": str(count - len(lacking)),
            "missing": lacking,
            "incomplete": str(count % 3),
            "delayed_hours": str(len(lacking) * 9),
        }
