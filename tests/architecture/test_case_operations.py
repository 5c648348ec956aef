"""Every row of the case operations has a scenario that exists (A.1-A.5, B.1-B.3)."""

import pytest

from tests import case_operations

NUMBER = {"A.1": 8, "A.2": 12, "A.3": 13, "A.4": 8, "A.5": 3, "B.1": 7, "B.2": 20, "B.3": 6}
"""Rows of each table, with the rules below A.1 and A.2 as a row of their own."""


def test_every_table_has_all_its_rows() -> None:
    found = {section: len(rows) for section, rows in case_operations.ROWS.items()}
    assert found == NUMBER


@pytest.mark.parametrize("section", case_operations.ROWS)
def test_every_row_names_tests_that_exist(section: str) -> None:
    missing = [
        f"{row}: {path}::{name}"
        for part, row, path, name in case_operations.cited()
        if part == section and name not in case_operations.tests_in(path)
    ]
    assert missing == []
    assert all(files for files in case_operations.ROWS[section].values())


def test_the_document_is_up_to_date() -> None:
    written = case_operations.TARGET.read_text("utf-8")
    assert written == case_operations.table(), "run python -m tests.case_operations"
