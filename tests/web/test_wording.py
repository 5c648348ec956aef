"""What models name is shown in English to whoever reads English, and in Chinese to everybody else."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.web.conftest import csrf

Clients = Callable[[str], FlaskClient]


def test_a_task_is_told_in_the_language_of_the_reader(
    as_: Clients, filed: Callable[[], int]
) -> None:
    client, task = as_("acceptor"), filed()

    def page() -> str:
        return client.get(f"/tasks/{task}").get_data(as_text=True)

    assert ">受理</h1>" in page()
    client.post("/language", data={"csrf_token": csrf(client, "/inbox"), "language": "en"})
    client.post(f"/tasks/{task}/claim", data={"csrf_token": csrf(client, "/inbox")})
    english = page()
    assert ">Accept</h1>" in english, "the step"
    assert "Refuse to accept" in english, "an option"
    assert ">受理</h1>" not in english
