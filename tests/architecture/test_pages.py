"""Every page there is has its place in the walk through all pages (tests/browser/test_pages.py)."""

from pathlib import Path

from tests.browser.samples import NO_PAGES, ON_THE_WAY, PAGES, readable


def test_no_page_of_the_application_is_forgotten(tmp_path: Path) -> None:
    """The table of samples and the map of addresses name the same pages."""
    found = {
        endpoint
        for endpoint, address in readable(tmp_path).items()
        if not address.startswith("/api/v1/")
    }
    of_the_public = {one for one in found if one.startswith("public.")}  # test_public
    assert found - NO_PAGES - ON_THE_WAY - of_the_public == set(PAGES)
