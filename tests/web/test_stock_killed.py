"""A stock is issued by workers that are killed: every entry has one certificate, none has two.

P-43 and issue 6 (bulk issue, resumable). At night only (`BANLI_NIGHTLY=1`): an installation, several
programs and hundreds of seals take minutes. `tests.bench.stock` does the same for a hundred thousand.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import connection

NIGHTLY = os.environ.get("BANLI_NIGHTLY") == "1"
ROOT = Path(__file__).parents[2]
STOCK = 240


@pytest.mark.slow
@pytest.mark.skipif(not NIGHTLY, reason="hundreds of seals take minutes: BANLI_NIGHTLY=1")
@pytest.mark.parametrize("workers", [1, pytest.param(3, marks=pytest.mark.postgres)])
def test_a_stock_is_issued_once_though_a_worker_is_killed(
    tmp_path: Path, request: pytest.FixtureRequest, workers: int
) -> None:
    """Several workers take the batches of one run from one database."""
    told = {**os.environ, "BANLI_HOME": str(tmp_path), "BANLI_DEMO_SIZE": "none"}
    if workers > 1:
        told["BANLI_DATABASE_URL"] = _empty(request.getfixturevalue("postgres_server"))
    command = [sys.executable, "-m", "tests.bench.stock", str(STOCK), "--home", str(tmp_path)]
    sizes = ["--batch", "20", "--lanes", "6", "--kill-at", "60", "--sample", "40"]
    done = subprocess.run(
        [*command, *sizes, "--workers", str(workers)],
        cwd=ROOT,
        env=told,
        check=True,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert any("killed at" in line for line in lines), done.stdout
    found = json.loads(lines[-1].partition(" ")[2])
    assert found["sample"] == found.pop("genuine") > 0
    assert found.pop("sample")
    assert found == {
        "certificates": STOCK,
        "entries": STOCK,
        "documents": STOCK,
        "gaps": 0,
        "twice": 0,
        "incidents": 0,
    }


def _empty(server: Callable[[str], str]) -> str:
    """A database without tables, for the installation to fill."""
    admin = connection.create(server("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as opened:
        opened.execute(text("CREATE DATABASE banli_stock"))
    admin.dispose()
    return server("banli_stock")
