"""Numbers from series that are never re-used."""

from sqlalchemy.orm import Session

from engine import clock
from engine.variables import Variables
from processes.identity import numbers
from processes.operations import Call, operation


@operation(
    "number.next",
    "取号",
    inputs={
        "series": "序列名",
        "yearly?": "是否每年重新编号",
        "prefix?": "前缀",
        "digits?": "位数",
    },
    outputs={"number": "编号文本", "value": "序号"},
    joins=True,
)
def take(session: Session, call: Call) -> Variables:
    """The next number of a series."""
    year = clock.today().year if call.variables.get("yearly") else 0
    value = numbers.next_value(session, call.text("series"), year=year)
    digits = int(call.variables.get("digits") or 0)
    prefix = str(call.variables.get("prefix") or "")
    return {"number": f"{prefix}{value:0{digits}d}", "value": value}
