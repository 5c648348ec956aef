"""The desk of an office with 100,000 open tasks, all of them on one clerk's list.

The rows are laid down in bulk, as a year of work would have left them; what is measured are the
commands that a page calls, each with all of its statements, the second of three runs counting.
Source of the bar: 300 ms at the server on two cores, for a page, its counts and a search.
"""

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.orm import Session

from engine import clock, connection
from engine.model import (
    Base,
    Deployment,
    ProcessDefinition,
    ProcessInstance,
    UserTask,
    UserTaskCandidate,
)
from processes import model as _tables  # noqa: F401 - they stand on the same metadata
from processes.casefile import searching
from processes.desk import inbox
from processes.desk.filters import Filters
from processes.desk.inbox import View
from processes.identity.identity import User
from processes.model.cases import Case
from processes.model.desk import CaseWord
from processes.model.people import Org
from tests.bench.report import Line

TASKS: Final = 100_000
BAR: Final = 300.0
_BLOCK: Final = 10_000
_ROLES: Final = ("acceptor", "reviewer", "approver")
CLERK: Final = User(
    id=77,
    login="clerk",
    name="受理人",
    kind="staff",
    org_code="370001",
    roles=tuple((role, "370001") for role in _ROLES),
    paths=(("370001", "/000001/370001/"),),
    groups=frozenset(f"{role}@370001" for role in _ROLES),
)
_TITLES: Final = ("帆船驾驶许可首次申领", "爆破作业人员许可", "一手房转移登记", "补证申请")


def fill(engine: Engine, *, tasks: int = TASKS, seed: int = 4) -> None:
    """Cases with one open task each: nine in ten nobody's, the rest half the clerk's own."""
    Base.metadata.create_all(engine)
    postgresql = engine.dialect.name == "postgresql"
    rnd, now = random.Random(seed), clock.now()  # noqa: S311 - names, not keys
    with engine.begin() as opened:
        opened.execute(insert(Org), [_org(code) for code in ("000001", "370001")])
        opened.execute(insert(Deployment), [{"id": 1, "digest": "", "deployed_by": "bench"}])
        definition = {"id": 1, "key": "bench", "version": 1, "digest": "", "deployment_id": 1}
        opened.execute(insert(ProcessDefinition), [definition])
    for first in range(1, tasks + 1, _BLOCK):
        numbers = range(first, min(first + _BLOCK, tasks + 1))
        with engine.begin() as opened:
            for table, rows in _rows(numbers, rnd, now):
                _lay(opened, table, rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as opened:
        opened.execute(text("VACUUM ANALYZE" if postgresql else "ANALYZE"))


def _lay(opened: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert rows; the many words of PostgreSQL as a stream."""
    raw = opened.connection.driver_connection
    if table is not CaseWord or opened.dialect.name != "postgresql":
        opened.execute(insert(table), rows)
        return
    assert raw is not None
    with raw.cursor().copy("COPY case_word (word, case_id) FROM STDIN") as stream:
        for row in rows:
            stream.write_row((row["word"], row["case_id"]))


def _org(code: str) -> dict[str, Any]:
    path = "/000001/" if code == "000001" else f"/000001/{code}/"
    found = {"org_code": code, "name": code, "kind": "msa_direct", "path": path}
    return {**found, "region_code": code, "status": "active"}


def _rows(numbers: range, rnd: random.Random, now: Any) -> Iterator[tuple[Any, list[Any]]]:
    instances, cases, tasks, candidates, words = [], [], [], [], []
    for n in numbers:
        began = now - timedelta(minutes=TASKS - n)
        name = "".join(
            rnd.choice(letters) for letters in ("赵钱孙李周吴郑王", "甲乙丙丁戊己", "一二三四五六")
        )
        if n % 4 == 0:
            name = f"{name[:2]}海事工程有限公司"
        title, reference = _TITLES[n % len(_TITLES)], f"SDHS-2026-{n:06}"
        tail = f"{rnd.randrange(10_000):04}"
        due = now + timedelta(minutes=rnd.randint(-10_000, 40_000)) if n % 5 else None
        holder = {0: "77", 1: "88"}.get(n % 20)
        instances.append(
            {"id": n, "definition_id": 1, "business_key": reference, "started_by": "5"}
        )
        cases.append(
            {
                "id": n, "reference": reference, "query_code": "ABCD2345", "title": title,
                "process_key": f"bench_{n % 6}", "org_code": "370001", "applicant_name": name,
                "id_no_tail": tail, "status": rnd.choice(("accepted", "in_progress")),
                "due_on": (began + timedelta(days=20)).date(), "submitted_at": began,
            }
        )  # fmt: skip
        tasks.append(
            {
                "id": n, "instance_id": n, "definition_id": 1, "process_key": f"bench_{n % 6}",
                "activity": "review", "name": rnd.choice(("受理", "审核", "审批")), "scope_id": n,
                "assignee": holder, "due_at": due, "created_at": began,
                "candidates": f"{_ROLES[n % 3]}@370001",
            }
        )  # fmt: skip
        candidates.append({"task_id": n, "candidate": f"{_ROLES[n % 3]}@370001"})
        found = searching.words_of((reference,), (name, title), tail)
        words += [{"word": word, "case_id": n} for word in found]
    yield ProcessInstance, instances
    yield Case, cases
    yield UserTask, tasks
    yield UserTaskCandidate, candidates
    yield CaseWord, words


def _page(**asked: Any) -> Callable[[Session], Any]:
    return lambda session: inbox.page(session, CLERK, view=View(**asked))


def _second(session: Session) -> Any:
    first = inbox.page(session, CLERK)
    return inbox.page(session, CLERK, view=View(after=first.next))


ASKED: Final[dict[str, Callable[[Session], Any]]] = {
    "待办首页（按时限）": _page(),
    "待办首页（按法定风险）": _page(sort="risk"),
    "待办首页（按到达）": _page(sort="latest"),
    "各箱计数": lambda session: inbox.counts(session, CLERK),
    "按事项和状态筛选": _page(filters=Filters(process_key="bench_3", status="accepted")),
    "筛选超期": _page(filters=Filters(light="overdue")),
    "查找姓名": _page(filters=Filters(text="李乙")),
    "查找拼音首字母": _page(filters=Filters(text="lyy")),
    "查找单位（2.5 万件命中）": _page(filters=Filters(text="海事工程")),
    "查找工作单号": _page(filters=Filters(text="2026-012345")),
    "查找证件号后四位": _page(filters=Filters(text="1234")),
}


def measure(url: str, name: str) -> list[Line]:
    """Each question on a database of its own; milliseconds."""
    engine = connection.prepare(connection.create(url))
    fill(engine)
    lines = []
    for title, ask in ASKED.items():
        spent = []
        for _ in range(5):
            with Session(engine) as session:
                began = time.perf_counter()
                ask(session)
                spent.append((time.perf_counter() - began) * 1e3)
        lines.append(
            Line(f"10 万件待办，{title}，{name}（毫秒）", median(spent), BAR, "", most=True)
        )
    engine.dispose()
    return lines
