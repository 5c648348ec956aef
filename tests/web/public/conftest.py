"""The unified identity as a program beside the application, and people of the public with it."""

import threading
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3
from flask import Flask
from flask.testing import FlaskClient

from adapters import unified_identity
from adapters._simulators.identity import Identity
from adapters._simulators.server import serve
from adapters.registry import Adapters
from tests.web.conftest import csrf

SECRET = "a secret that is long enough"


class Provider:
    """The simulated provider, and how a person walks through it."""

    def __init__(self, issuer: str, simulator: Identity) -> None:
        self.issuer = issuer
        self.simulator = simulator
        self.http = urllib3.PoolManager(retries=False)

    def chosen(self, url: str, subject: str) -> str:
        """The path the browser comes back to after somebody was chosen on the provider's page."""
        told = self.http.request(
            "POST",
            url,
            body=urlencode({"sub": subject}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            redirect=False,
        )
        assert told.status == 303, told.data
        parts = urlsplit(told.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def faced(self, url: str, subject: str) -> str:
        """The same, where the face is compared on the way."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        asked = self.http.request("POST", url, body=f"sub={subject}", headers=headers)
        assert "核验人脸" in asked.data.decode()
        headers["Cookie"] = asked.headers["Set-Cookie"].partition(";")[0]
        told = self.http.request("POST", url, body="face=passed", headers=headers, redirect=False)
        parts = urlsplit(told.headers["Location"])
        return f"{parts.path}?{parts.query}"


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    simulator = Identity(client_id="banli", secret=SECRET, clients=("http://127.0.0.1:8000/",))
    simulator.faults.latency = 0
    server = serve(simulator, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Provider(f"http://127.0.0.1:{server.server_address[1]}", simulator)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def portal(app: Flask, provider: Provider) -> Iterator[Flask]:
    """The application with the unified identity connected."""
    settings = {"URL": provider.issuer, "CLIENT_ID": "banli", "CLIENT_SECRET": SECRET}
    before = app.extensions.get("banli_adapters")
    app.extensions["banli_adapters"] = Adapters(identity=unified_identity.create(settings))
    yield app
    if before is None:
        del app.extensions["banli_adapters"]
    else:
        app.extensions["banli_adapters"] = before


Entered = Callable[..., FlaskClient]


def enter(client: FlaskClient, provider: Provider, subject: str, *, way: str = "") -> str:
    """Log in by the unified identity; where the browser stands afterwards."""
    started = client.get(way or "/public/login/start?next=/public/mine")
    assert started.status_code == 303, started.get_data(as_text=True)
    back = provider.chosen(started.headers["Location"], subject)
    return str(client.get(back).headers.get("Location", ""))


@pytest.fixture
def citizen(portal: Flask, provider: Provider) -> Entered:
    """A browser of somebody of the public, logged in."""

    def logged_in(subject: str = "p1001") -> FlaskClient:
        client = portal.test_client()
        assert enter(client, provider, subject) == "/public/mine"
        return client

    return logged_in


def send(client: FlaskClient, path: str, **data: object) -> object:
    return client.post(path, data={**data, "csrf_token": csrf(client, "/public")})


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
