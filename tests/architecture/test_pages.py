"""Every page there is has its place in the walk through all pages (tests/browser/test_pages.py)."""

from pathlib import Path

from tests.browser.samples import NO_PAGES, ON_THE_WAY, PAGES
from web import create_app
from web.config import Settings


def test_no_page_of_the_application_is_forgotten(tmp_path: Path) -> None:
    """The table of samples and the map of addresses name the same pages."""
    app = create_app(
        Settings(
            profile="test",
            home=tmp_path,
            secret_key="k" * 40,
            database_url=f"sqlite:///{tmp_path / 'banli.db'}",
        )
    )
    readable = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/v1/")
    }
    of_the_public = {one for one in readable if one.startswith("public.")}  # test_public
    assert readable - NO_PAGES - ON_THE_WAY - of_the_public == set(PAGES)
