"""The contract of an identity provider (P-36, P-86): what any implementation has to hold."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3
from joserfc import jwt
from joserfc.jwk import RSAKey

from adapters import unified_identity
from adapters._simulators import identity as simulated
from adapters._simulators.citizens import CITIZENS
from adapters._simulators.identity import Identity
from adapters._simulators.server import serve
from adapters.unified_identity import UnifiedIdentity
from engine.errors import MessageRefused, Retry, WorkRefused
from engine.ports import Errand, IdentityProvider
from processes.identity import identifiers

SECRET = "a secret that is long enough"
BACK = "http://127.0.0.1:8000/public/login/return"
HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture(scope="module")
def program() -> Iterator[tuple[Identity, str]]:
    simulator = Identity(client_id="banli", secret=SECRET, clients=("http://127.0.0.1:8000/",))
    simulator.faults.latency = 0
    server = serve(simulator, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield simulator, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def provider(program: tuple[Identity, str]) -> UnifiedIdentity:
    return made(program[1])


def made(issuer: str, *, secret: str = SECRET) -> UnifiedIdentity:
    settings = {"URL": issuer, "CLIENT_ID": "banli", "CLIENT_SECRET": secret}
    return unified_identity.create(settings)


def went(errand: Errand, subject: str = "p1001") -> dict[str, str]:
    """What the browser brings back."""
    answer = HTTP.request(
        "POST",
        errand.url,
        body=urlencode({"sub": subject}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        redirect=False,
    )
    query = urlsplit(answer.headers["Location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def test_it_is_a_provider_and_brings_the_claims_of_who_logged_in(
    provider: UnifiedIdentity,
) -> None:
    assert isinstance(provider, IdentityProvider)
    errand = provider.begin(redirect_uri=BACK)
    claims = provider.finish(went(errand), errand, redirect_uri=BACK)
    assert (claims["sub"], claims["name"], claims["level"]) == ("p1001", "甲某", 3)


def test_each_errand_has_a_state_a_nonce_and_a_challenge_of_its_own(
    provider: UnifiedIdentity,
) -> None:
    one, two = (provider.begin(redirect_uri=BACK) for _time in range(2))
    assert len({one.state, two.state, one.nonce, two.nonce, one.verifier, two.verifier}) == 6
    asked = parse_qs(urlsplit(one.url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert one.verifier not in one.url


def test_a_silent_errand_asks_nobody(provider: UnifiedIdentity) -> None:
    errand = provider.begin(redirect_uri=BACK, silent=True)
    answer = HTTP.request("GET", errand.url, redirect=False)
    assert "error=login_required" in answer.headers["Location"]


def test_whoever_is_logged_in_there_is_not_asked_again(provider: UnifiedIdentity) -> None:
    """P-86: single sign-on by the provider's own cookie."""
    first = provider.begin(redirect_uri=BACK)
    answer = HTTP.request(
        "POST",
        first.url,
        body="sub=p1002",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        redirect=False,
    )
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    second = provider.begin(redirect_uri=BACK, silent=True)
    again = HTTP.request("GET", second.url, headers={"Cookie": cookie}, redirect=False)
    assert "code=" in again.headers["Location"]
    HTTP.request("GET", provider.leave(back_to=BACK), headers={"Cookie": cookie}, redirect=False)
    gone = HTTP.request("GET", second.url, headers={"Cookie": cookie}, redirect=False)
    assert "error=login_required" in gone.headers["Location"]


def test_another_state_is_refused(provider: UnifiedIdentity) -> None:
    errand = provider.begin(redirect_uri=BACK)
    answer = {**went(errand), "state": "x"}
    with pytest.raises(MessageRefused):
        provider.finish(answer, errand, redirect_uri=BACK)


def test_a_token_for_another_nonce_is_refused(provider: UnifiedIdentity) -> None:
    errand = provider.begin(redirect_uri=BACK)
    with pytest.raises(MessageRefused, match="令牌不正确"):
        provider.finish(went(errand), replace(errand, nonce="x"), redirect_uri=BACK)


def test_a_code_without_its_verifier_is_refused(provider: UnifiedIdentity) -> None:
    """PKCE: a code that was caught on its way is of no use."""
    errand = provider.begin(redirect_uri=BACK)
    with pytest.raises(WorkRefused):
        provider.finish(went(errand), replace(errand, verifier="y" * 43), redirect_uri=BACK)


def test_a_code_is_good_once(provider: UnifiedIdentity) -> None:
    errand = provider.begin(redirect_uri=BACK)
    answer = went(errand)
    provider.finish(answer, errand, redirect_uri=BACK)
    with pytest.raises(WorkRefused):
        provider.finish(answer, errand, redirect_uri=BACK)


def test_a_wrong_secret_is_refused(program: tuple[Identity, str]) -> None:
    wrong = made(program[1], secret="another secret of enough length")
    errand = wrong.begin(redirect_uri=BACK)
    with pytest.raises(WorkRefused):
        wrong.finish(went(errand), errand, redirect_uri=BACK)


@pytest.mark.parametrize(
    "change",
    [{"iss": "https://other.example"}, {"aud": "other"}, {"exp": 1}, {"nonce": "n"}, {"sub": None}],
)
def test_an_id_token_that_is_not_for_us_now_is_refused(
    program: tuple[Identity, str], change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, simulator = made(program[1]), program[0]
    errand = provider.begin(redirect_uri=BACK)
    encode = jwt.encode

    def changed(header: dict[str, str], claims: dict[str, object], key: RSAKey) -> str:
        told = {name: value for name, value in {**claims, **change}.items() if value is not None}
        return encode(header, told, key)

    monkeypatch.setattr("adapters._simulators.identity.jwt.encode", changed)
    with pytest.raises(MessageRefused, match="令牌不正确"):
        provider.finish(went(errand), errand, redirect_uri=BACK)
    assert simulator.summary()


def test_a_token_signed_by_somebody_else_is_refused(
    program: tuple[Identity, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = made(program[1])
    errand = provider.begin(redirect_uri=BACK)
    stranger = RSAKey.generate_key(2048)
    encode = jwt.encode

    def signed(header: dict[str, str], claims: dict[str, object], _key: RSAKey) -> str:
        return encode(header, claims, stranger)

    monkeypatch.setattr("adapters._simulators.identity.jwt.encode", signed)
    with pytest.raises(MessageRefused):
        provider.finish(went(errand), errand, redirect_uri=BACK)


def test_an_unsigned_token_is_refused(
    program: tuple[Identity, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = made(program[1])
    errand = provider.begin(redirect_uri=BACK)

    def bare(_header: dict[str, str], claims: dict[str, object], key: RSAKey) -> str:
        del key
        parts = (b'{"alg":"none"}', str(claims).replace("'", '"').encode(), b"")
        return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)

    monkeypatch.setattr("adapters._simulators.identity.jwt.encode", bare)
    with pytest.raises(MessageRefused):
        provider.finish(went(errand), errand, redirect_uri=BACK)


def test_keys_that_were_changed_are_fetched_anew(program: tuple[Identity, str]) -> None:
    provider, simulator = made(program[1]), program[0]
    errand = provider.begin(redirect_uri=BACK)
    provider.finish(went(errand), errand, redirect_uri=BACK)
    simulator._key = RSAKey.generate_key(2048, {"kid": "new", "use": "sig"})
    errand = provider.begin(redirect_uri=BACK)
    assert provider.finish(went(errand), errand, redirect_uri=BACK)["sub"] == "p1001"


def test_a_provider_that_is_down_is_a_passing_failure(program: tuple[Identity, str]) -> None:
    program[0].faults.switch({"mode": "down", "times": 1})
    with pytest.raises(Retry):
        made(program[1]).begin(redirect_uri=BACK)


def test_a_document_of_another_issuer_is_refused(program: tuple[Identity, str]) -> None:
    """By its number the machine is the same, by its name another issuer."""
    named = made(program[1].replace("127.0.0.1", "localhost"))
    named.issuer = "http://127.0.0.1:1"
    with pytest.raises(WorkRefused, match="签发方"):
        named.begin(redirect_uri=BACK)


def test_an_address_of_a_host_that_only_begins_like_the_issuer_is_refused(
    program: tuple[Identity, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def strange(issuer: str) -> dict[str, str]:
        return {**honest(issuer), "authorization_endpoint": f"{issuer}.example/authorize"}

    honest = simulated._discovery
    monkeypatch.setattr(simulated, "_discovery", strange)
    with pytest.raises(WorkRefused, match="authorization_endpoint』不在签发方之下"):
        made(program[1]).begin(redirect_uri=BACK)


@pytest.mark.parametrize(
    "settings",
    [
        {"URL": "http://127.0.0.1:1"},
        {"URL": "http://127.0.0.1:1", "CLIENT_ID": "banli", "CLIENT_SECRET": "short"},
        {"URL": "", "CLIENT_ID": "banli", "CLIENT_SECRET": SECRET},
    ],
)
def test_settings_that_are_not_complete_stop_the_start(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"统一身份认证|地址"):
        unified_identity.create(settings)


def test_the_demo_s_people_have_numbers_that_are_in_order() -> None:
    for told in CITIZENS.values():
        if told["level"] > 1:
            assert identifiers.id_no(told["id_no"]) == told["id_no"]
        if told["user_type"] == "enterprise":
            assert identifiers.credit_code(told["uscc"]) == told["uscc"]
