"""How the tests are spread over the workers of one run (`pytest -n 2 --dist loadfile`).

A file stays on one worker: what its tests share (an application, the beginning of a story, a demo
loaded) is made once in a run, not once on each worker. What takes longest begins first, so that no
worker ends alone with it; of the rest the files with most tests come first.
"""

from collections import Counter
from typing import Any, Final

import pytest

BROWSER: Final = "tests/browser/"
_WALK: Final = f"{BROWSER}test_pages.py"
LONGEST: Final = (
    BROWSER,
    _WALK,
    "tests/faults/test_sale_killed.py",
    "tests/crash/test_kill.py",
    "tests/processes/sequences/test_sequences.py",
    "tests/web/test_server_killed.py",
    "tests/web/analyst/test_browser.py",
    "bpmn/property/prop_ecert_bulk/test_prop_ecert_bulk.py",
    "tests/web/test_cli.py",
)
"""Minutes or half minutes each."""


def unit(nodeid: str) -> str:
    """What must stay together: a file; one demo and one browser serve all of tests/browser, but for
    the long walk through the pages, which has its own.
    """
    file = nodeid.partition("::")[0]
    return BROWSER if file.startswith(BROWSER) and file != _WALK else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of a run with `--dist loadfile`."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - one test alone needs none

    class Spreading(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid)

    config.option.loadscopereorder = False  # `pytest_collection_modifyitems` has put them in order
    return Spreading(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first, the same on each worker."""
    if not hasattr(config, "workerinput"):
        return
    counts = Counter(unit(item.nodeid) for item in items)
    rank = {one: place for place, one in enumerate(LONGEST)}

    def place(item: pytest.Item) -> tuple[int, int, str]:
        name = unit(item.nodeid)
        return rank.get(name, len(LONGEST)), -counts[name], name

    items.sort(key=place)
