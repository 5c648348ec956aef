"""The province's unified identity (统一身份认证): OpenID Connect, authorization code with PKCE.

One registration, single sign-on (P-36, P-86); who somebody is comes from there, never from us.
Settings: `URL` (the issuer), `CLIENT_ID`, `CLIENT_SECRET` (at least 16 bytes).
Source: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0; RFC 7636 (PKCE), RFC 9700.
"""

import base64
import secrets
import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapters._shared.client import Department
from engine.errors import MessageRefused, WorkRefused
from engine.ports import Errand
from engine.variables import Variables

_SCOPE: Final = "openid profile realname"
_ALGORITHMS: Final = ("RS256", "PS256", "ES256")
_LEEWAY: Final = 60
_MIN_SECRET: Final = 16
_ENDPOINTS: Final = (
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
)


class UnifiedIdentity:
    """A client of the identity provider; safe to share between threads."""

    def __init__(self, department: Department, *, issuer: str, client_id: str, secret: str) -> None:
        self.name = "unified_identity"
        self.title = "省统一身份认证"
        self.department = department
        self.issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._found: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._lock = threading.Lock()

    def begin(self, *, redirect_uri: str, silent: bool = False, level: int = 0) -> Errand:
        """Where to send the browser, and what to remember until it comes back.

        `silent`: only whoever is logged in there already comes back with a code; `level` is asked
        for as the authentication context class (`acr_values`).
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = prepare_grant_uri(
            self._endpoint("authorization_endpoint"),
            self._client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=_SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            prompt="none" if silent else None,
            acr_values=str(level) if level else None,
        )
        return Errand(url=url, state=state, nonce=nonce, verifier=verifier)

    def finish(self, answer: Mapping[str, str], errand: Errand, *, redirect_uri: str) -> Variables:
        """The claims of whoever came back; ID token and user information agree about him.

        Raises:
            MessageRefused: not the errand that was sent out, or a token that is not in order.
            Retry: the provider cannot be reached. WorkRefused: it refuses the code.
        """
        if not secrets.compare_digest(answer.get("state", ""), errand.state):
            raise MessageRefused("登录请求与返回不符，请重新登录")
        if (issuer := answer.get("iss")) and issuer != self.issuer:
            raise MessageRefused("登录返回的签发方不符")
        tokens = self._tokens(answer.get("code", ""), errand.verifier, redirect_uri)
        access = tokens.get("access_token")
        if not isinstance(access, str) or not isinstance(tokens.get("id_token"), str):
            raise MessageRefused("统一身份认证没有给出令牌")
        told = self._checked(tokens["id_token"], nonce=errand.nonce, access=access)
        bearer = {"Authorization": f"Bearer {access}"}
        person = self.department.get(self._path("userinfo_endpoint"), bearer)
        if person.get("sub") != told["sub"]:
            raise MessageRefused("统一身份认证给出的身份前后不一")
        return {**person, "sub": told["sub"]}

    def leave(self, *, back_to: str) -> str:
        """Where to send the browser to log out there as well (单点退出)."""
        params = [("client_id", self._client_id), ("post_logout_redirect_uri", back_to)]
        return str(add_params_to_uri(self._endpoint("end_session_endpoint"), params))

    def _tokens(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        if not code:
            raise MessageRefused("登录返回缺少授权码")
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )
        pair = f"{quote(self._client_id)}:{quote(self._secret)}".encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        }
        return self.department.post(self._path("token_endpoint"), body.encode(), headers)

    def _checked(self, token: str, *, nonce: str, access: str) -> Mapping[str, Any]:
        """The claims of an ID token: signature, issuer, audience, time, nonce, access token."""
        try:
            read = self._decoded(token)
            options = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
            }
            params = {"nonce": nonce, "client_id": self._client_id, "access_token": access}
            claims = CodeIDToken(read.claims, read.header, options, params)
            claims.validate(leeway=_LEEWAY)
        except (JoseError, ValueError) as error:
            raise MessageRefused(f"统一身份认证的令牌不正确：{type(error).__name__}") from error
        return dict(claims)

    def _decoded(self, token: str) -> jwt.Token:
        """Read with the keys at hand; with the provider's present ones if they do not fit."""
        try:
            return jwt.decode(token, self._key_set(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, self._key_set(anew=True), algorithms=_ALGORITHMS)

    def _key_set(self, *, anew: bool = False) -> KeySet:
        with self._lock:
            if self._keys is None or anew:
                told: Any = self.department.get(self._path("jwks_uri"))
                self._keys = KeySet.import_key_set(told)
            return self._keys

    def _endpoint(self, name: str) -> str:
        """An address of the provider, by its discovery document, read once.

        Raises:
            WorkRefused: the document is of another issuer, or an address leads elsewhere.
        """
        if not self._found:
            told = self.department.get("/.well-known/openid-configuration")
            if told.get("issuer") != self.issuer:
                raise WorkRefused("统一身份认证的签发方与设置不符")
            below = f"{self.issuer}/"  # a host that only begins like it is another
            strange = [one for one in _ENDPOINTS if not str(told.get(one, "")).startswith(below)]
            if strange:
                raise WorkRefused(f"统一身份认证的『{strange[0]}』不在签发方之下")
            self._found = told
        return str(self._found[name])

    def _path(self, name: str) -> str:
        return self._endpoint(name).removeprefix(self.issuer)


def create(settings: Mapping[str, str]) -> UnifiedIdentity:
    """Make the client; `URL`, `CLIENT_ID` and `CLIENT_SECRET` are required.

    Raises:
        ValueError: one is missing, or the secret is too short.
    """
    issuer = settings.get("URL", "").rstrip("/")
    client_id, secret = settings.get("CLIENT_ID", ""), settings.get("CLIENT_SECRET", "")
    if not client_id or len(secret.encode()) < _MIN_SECRET:
        raise ValueError(
            f"统一身份认证的 CLIENT_ID 未设置，或 CLIENT_SECRET 不足 {_MIN_SECRET} 字节"
        )
    department = Department("统一身份认证", issuer)
    return UnifiedIdentity(department, issuer=issuer, client_id=client_id, secret=secret)
