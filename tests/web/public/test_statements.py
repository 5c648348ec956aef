"""我的办件 asks the database as often for thirty cases as for two (P-01)."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from processes.model.cases import Case
from processes.model.people import PublicIdentity
from tests.web.test_statements import FEW, MANY, statements
from web.database import database

Entered = Callable[..., FlaskClient]


def test_my_cases_of_the_portal(portal: Flask, citizen: Entered, filed: Callable[[], int]) -> None:
    client = citizen("p1001")

    def shown(wanted: int) -> int:
        for _ in range(wanted):
            filed()
        with portal.app_context(), database().transaction() as session:
            key = session.scalar(
                select(PublicIdentity.holder_key).where(PublicIdentity.subject == "p1001")
            )
            session.execute(update(Case).values(applicant_person_key=key))
            return session.scalar(select(func.count()).select_from(Case)) or 0

    few = shown(FEW)
    before, short = statements(portal, client, "/public/mine")
    many = shown(MANY)
    after, long = statements(portal, client, "/public/mine")
    assert many == few + MANY
    assert long > 3 * short, "they are all shown"
    assert len(after) == len(before)
