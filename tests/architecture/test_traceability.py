"""The table of requirements says what the code says."""

from tests.traceability import TARGET, cited, table


def test_the_table_of_requirements_is_up_to_date() -> None:
    assert TARGET.read_text("utf-8") == table(), "run: python -m tests.traceability"


def test_a_range_of_ids_is_every_id_in_it() -> None:
    assert list(cited("Y-59 至 Y-61、Y-06")) == ["Y-59", "Y-60", "Y-61", "Y-06"]
