"""The unified identity of a province: an OpenID provider with persons and enterprises to choose.

Source: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0; RFC 7636 (PKCE, S256 only).
"""

import base64
import hashlib
import html
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

from adapters._simulators.citizens import CITIZENS
from adapters._simulators.simulator import Answer, Raw, Refused, Simulator

_COOKIE: Final = "banli_idp"
_CODE_SECONDS: Final = 60
_TOKEN_SECONDS: Final = 300
_BAD: Final = 400
_FACE: Final = 3
_STYLE: Final = (
    "body{font:17px/1.6 sans-serif;max-width:26em;margin:0 auto;padding:1.5em;color:#1c2733}"
    "button{display:block;width:100%;margin:.6em 0;padding:.8em 1em;font:inherit;"
    "text-align:left;background:#fff;border:1px solid #8a97a6;border-radius:8px}"
    "small{float:right;color:#556070}"
)
_LEVELS: Final = {1: "未实名", 2: "已实名", 3: "已实名并比对人脸"}
Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a code stands for, once."""

    subject: str
    params: Params
    until: float
    level: int


class Identity(Simulator):
    """Log-ins are remembered by a cookie of its own: the next application asks nobody again."""

    title = "省统一身份认证平台"

    def __init__(self, *, client_id: str, secret: str, clients: tuple[str, ...]) -> None:
        """`clients` are the beginnings of the addresses that a browser may be sent back to."""
        super().__init__()
        self._client_id = client_id
        self._secret = secret
        self._clients = clients
        self._key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})
        self._codes: dict[str, _Grant] = {}
        self._tokens: dict[str, _Grant] = {}
        self._logged_in: dict[str, str] = {}
        self._log: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        lower = {name.lower(): value for name, value in headers.items()}
        issuer = f"http://{lower.get('host', '')}"
        form = dict(parse_qsl(body.decode()))
        if parts.path == "/authorize":
            return self._authorize(method, params, form, lower)
        if parts.path == "/logout":
            return self._leave(params, lower)
        told = {
            ("GET", "/.well-known/openid-configuration"): lambda: (200, _discovery(issuer)),
            ("GET", "/jwks"): lambda: (200, {"keys": [self._key.as_dict(private=False)]}),
            ("POST", "/token"): lambda: self._token(issuer, form, lower),
            ("GET", "/userinfo"): lambda: self._userinfo(lower),
        }.get((method, parts.path))
        return told() if told else (404, {"error": "not_found"})  # type: ignore[no-untyped-call]

    def summary(self) -> list[tuple[str, str]]:
        with self._lock:
            return list(reversed(self._log))[:50]

    def _authorize(self, method: str, params: Params, form: Params, headers: Params) -> Answer:
        self._check_client(params)
        if params.get("code_challenge_method") != "S256" or not params.get("code_challenge"):
            return _back(params, error="invalid_request")
        token = _cookie(headers)
        with self._lock:
            subject = self._logged_in.get(token, "")
        if subject and (form.get("face") or not _wants_face(params, subject)):
            return self._with_code(params, subject, face=form.get("face") == "passed")
        if subject:
            return 200, Raw(_face(self.title, params).encode())
        if method == "POST":
            return self._chosen(params, form)
        if params.get("prompt") == "none":
            return _back(params, error="login_required")
        return 200, Raw(_choice(self.title, params).encode())

    def _chosen(self, params: Params, form: Params) -> Answer:
        subject = form.get("sub", "")
        if subject not in CITIZENS:
            return _back(params, error="access_denied")
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._logged_in[token] = subject
        cookie = f"{_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
        if _wants_face(params, subject):
            shown = _face(self.title, params).encode()
            return 200, Raw(shown, headers={"Set-Cookie": cookie})
        return self._with_code(params, subject, cookie)

    def _with_code(
        self, params: Params, subject: str, cookie: str = "", *, face: bool = False
    ) -> Answer:
        code = secrets.token_urlsafe(24)
        level = _FACE if face else int(CITIZENS[subject]["level"])
        until = time.monotonic() + _CODE_SECONDS
        with self._lock:
            self._codes[code] = _Grant(subject, params, until, level)
            self._log.append((_name(subject), params.get("redirect_uri", "")))
        return _back(params, cookie=cookie, code=code)

    def _token(self, issuer: str, form: Params, headers: Params) -> Answer:
        self._check_secret(headers)
        with self._lock:
            grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or grant.until < time.monotonic():
            return _BAD, {"error": "invalid_grant", "reason": "授权码无效或已用过"}
        asked = grant.params
        challenge = create_s256_code_challenge(form.get("code_verifier", ""))
        if (
            challenge != asked["code_challenge"]
            or form.get("redirect_uri") != asked["redirect_uri"]
        ):
            return _BAD, {"error": "invalid_grant", "reason": "校验码与请求不符"}
        access = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens[access] = grant
        now = int(time.time())
        claims = {
            "iss": issuer,
            "sub": grant.subject,
            "aud": self._client_id,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "nonce": asked.get("nonce", ""),
            "at_hash": _half_hash(access),
            "acr": str(grant.level),
        }
        header = {"alg": "RS256", "kid": str(self._key.kid)}
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": _TOKEN_SECONDS,
            "id_token": jwt.encode(header, claims, self._key),
        }

    def _userinfo(self, headers: Params) -> Answer:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        with self._lock:
            grant = self._tokens.get(token)
        if grant is None:
            return 401, {"error": "invalid_token"}
        return 200, {"sub": grant.subject, **CITIZENS[grant.subject], "level": grant.level}

    def _leave(self, params: Params, headers: Params) -> Answer:
        with self._lock:
            self._logged_in.pop(_cookie(headers), None)
        back = params.get("post_logout_redirect_uri", "")
        gone = f"{_COOKIE}=; Path=/; Max-Age=0"
        if back.startswith(self._clients):
            return 303, Raw(headers={"Location": back, "Set-Cookie": gone})
        return 200, Raw("已退出登录".encode(), headers={"Set-Cookie": gone})

    def _check_client(self, params: Params) -> None:
        known = params.get("client_id") == self._client_id
        if not known or not params.get("redirect_uri", "").startswith(self._clients):
            raise Refused("没有登记的应用或回调地址")

    def _check_secret(self, headers: Params) -> None:
        given = headers.get("authorization", "").removeprefix("Basic ")
        pair = base64.b64decode(given).decode().partition(":")
        if (unquote(pair[0]), unquote(pair[2])) != (self._client_id, self._secret):
            raise Refused("应用的密钥不正确")


def _half_hash(text: str) -> str:
    """The left half of a hash, as `at_hash` of RS256 (OpenID Connect Core, section 3.1.3.6)."""
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def _name(subject: str) -> str:
    told = CITIZENS[subject]
    return str(told.get("org_name") or told["name"])


def _cookie(headers: Params) -> str:
    found = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
    return found.value if found else ""


def _back(params: Params, *, cookie: str = "", **told: str) -> Answer:
    """The way back to the application, with what it is told."""
    query = urlencode({**told, "state": params.get("state", "")})
    headers = {"Location": f"{params['redirect_uri']}?{query}"}
    return 303, Raw(headers={**headers, **({"Set-Cookie": cookie} if cookie else {})})


def _discovery(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/logout",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
    }


def _choice(title: str, params: Params) -> str:
    """The page where the demo's persons and enterprises are chosen: no password, all made up."""
    action = html.escape(f"/authorize?{urlencode(params)}")
    buttons = "".join(
        f'<button name="sub" value="{subject}"><b>{html.escape(_name(subject))}</b> '
        f"{_kind(told)}<small>{_LEVELS[told['level']]}</small></button>"
        for subject, told in CITIZENS.items()
    )
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}（模拟）</title><style>{_STYLE}</style>"
        f"<h1>{title}</h1><p>模拟环境：选择一个人或单位登录，不需要口令。</p>"
        f'<form method="post" action="{action}">{buttons}'
        '<button name="sub" value="">取消登录</button></form></html>'
    )


def _wants_face(params: Params, subject: str) -> bool:
    """Whether the application asks for the face of somebody who has shown only his papers."""
    return params.get("acr_values") == str(_FACE) and CITIZENS[subject]["level"] == _FACE - 1


def _face(title: str, params: Params) -> str:
    """The page where the face is compared: one click here."""
    action = html.escape(f"/authorize?{urlencode(params)}")
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}（模拟）</title><style>{_STYLE}</style><h1>核验人脸</h1>"
        "<p>请正对屏幕，按提示眨眼。模拟环境不使用摄像头。</p>"
        f'<form method="post" action="{action}">'
        '<button name="face" value="passed">模拟：核验通过</button>'
        '<button name="face" value="failed">模拟：核验未通过</button></form></html>'
    )


def _kind(told: Mapping[str, Any]) -> str:
    if told["user_type"] == "person":
        return "个人"
    return f"法人 · 经办人 {html.escape(str(told['name']))}"
