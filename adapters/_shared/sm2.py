"""SM2 with SM3: signatures of requests and files by the national algorithms.

The arithmetic is the library's (GmSSL, extra `gm`); here are the key files and the signer's
identity, for which the standard's default is taken so that any other program agrees.
Source: GB/T 32918.2-2016 (signature), GB/T 32918.5-2017 (curve), GB/T 35276-2017, 10 (default
identity); RFC 5915 and RFC 5480 for the files.
"""

import base64
import binascii
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from asn1crypto import keys as asn1_keys
from asn1crypto import pem, x509
from cryptography.hazmat.primitives import hashes

IDENTITY: Final = b"1234567812345678"
CURVE: Final = "1.2.156.10197.1.301"
asn1_keys.NamedCurve.register("sm2", CURVE, 32)  # without it no key of the curve can be written
_REMEMBERED: Final = 1 << 16
"""Bytes of a text that are remembered, at most: what a stranger sends may be large."""
_SEC1: Final = ("EC PRIVATE KEY", "SM2 PRIVATE KEY")
_READABLE_BY_OTHERS: Final = 0o077


def library() -> Any:
    """GmSSL.

    Raises:
        ValueError: the extra is not installed.
    """
    try:
        return importlib.import_module("gmssl_pyx")
    except ImportError as error:
        raise ValueError(
            "没有安装国密组件，不能使用 SM2：请安装可选依赖 gm（pip install 'banli[gm]'）"
        ) from error


def installed() -> bool:
    """Whether the library is there."""
    return importlib.util.find_spec("gmssl_pyx") is not None


@dataclass(slots=True)
class Sm2Keys:
    """Our key pair and the other side's public key (64 bytes); signatures are base64 of the DER."""

    id: str
    private: bytes
    public: bytes
    peer: bytes
    algorithm: str = "BANLI-SM2-SM3"

    def hash(self) -> hashes.HashAlgorithm:
        """SM3."""
        return hashes.SM3()

    def sign(self, text: bytes) -> str:
        """With our private key."""
        made = library().sm2_sign(self.private, self.public, text, signer_id=IDENTITY)
        return base64.b64encode(made).decode()

    def verifies(self, text: bytes, signature: str) -> bool:
        """By the other side's public key."""
        try:
            given = base64.b64decode(signature.encode(), validate=True)
        except binascii.Error:
            return False
        return verifies(self.peer, text, given)


def verifies(public: bytes, text: bytes, signature: bytes) -> bool:
    """Whether a signature (DER) over a text is by a key; bytes that are none are not."""
    gmssl = library()
    try:
        return bool(gmssl.sm2_verify(public, text, signature, signer_id=IDENTITY))
    except gmssl.GmsslInnerError:
        return False


def verified(public: bytes, text: bytes, signature: bytes) -> bool:
    """As `verifies`, for what stands in many files, a certificate or the seal itself.

    The answer for the same bytes is remembered; whatever differs in one of them is looked at anew.
    """
    if len(text) + len(signature) > _REMEMBERED:
        return verifies(public, text, signature)
    return _remembering(public, text, signature)


_remembering = lru_cache(maxsize=64)(verifies)


def keys(key_id: str, private: Path, peer: Path) -> Sm2Keys:
    """The keys from their PEM files.

    Raises:
        ValueError: a file cannot be read or holds no SM2 key, others may read the private one, or
            the library is not there.
    """
    own, public = private_key(private)
    made = Sm2Keys(key_id, own, public, public_key(peer))
    if not verifies(public, b"", library().sm2_sign(own, public, b"", signer_id=IDENTITY)):
        raise ValueError(f"SM2 密钥文件 {private} 中的公钥与私钥不是一对")
    return made


def public_key(file: Path) -> bytes:
    """The point of a public key or of a certificate's, 64 bytes.

    Raises:
        ValueError: the file cannot be read or holds none of SM2.
    """
    kind, der = _pem(file)
    try:
        if kind == "CERTIFICATE":
            info = x509.Certificate.load(der, strict=True).public_key
        else:
            info = asn1_keys.PublicKeyInfo.load(der, strict=True)
        return point_of(info)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{file} 中没有 SM2 公钥或证书：{error}") from error


def private_key(file: Path) -> tuple[bytes, bytes]:
    """The private key and its public point of a PEM file.

    Raises:
        ValueError: the file cannot be read, others may read it, or it holds none of SM2.
    """
    kind, der = _pem(file)
    if file.stat().st_mode & _READABLE_BY_OTHERS:
        raise ValueError(f"SM2 私钥文件 {file} 可被他人读取：请 chmod 600")
    try:
        if kind in _SEC1:
            inner = asn1_keys.ECPrivateKey.load(der, strict=True)
            curve = inner["parameters"].chosen.dotted
        else:
            info = asn1_keys.PrivateKeyInfo.load(der, strict=True)
            inner = info["private_key"].parsed
            curve = info["private_key_algorithm"]["parameters"].chosen.dotted
        point = bytes(inner["public_key"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{file} 中没有未加密的 SM2 私钥：{error}") from error
    if curve != CURVE:
        raise ValueError(f"{file} 不是 SM2 曲线上的密钥")
    try:
        return int(inner["private_key"].native).to_bytes(32, "big"), _bare(point)
    except ValueError as error:
        raise ValueError(f"{file} 中的{error}") from error


def is_key(info: Any) -> bool:
    """Whether a public key is one of SM2."""
    told = info["algorithm"]
    if told["algorithm"].native != "ec":
        return False
    curve = told["parameters"]
    return bool(curve.name == "named" and curve.chosen.dotted == CURVE)


def point_of(info: Any) -> bytes:
    """The point of a public key, 64 bytes.

    Raises:
        ValueError: it is none of SM2.
    """
    if not is_key(info):
        raise ValueError("不是 SM2 曲线上的密钥")
    return _bare(bytes(info["public_key"]))


def _bare(point: bytes) -> bytes:
    if len(point) != 65 or point[0] != 4:
        raise ValueError("公钥应为未压缩的 65 字节")
    return point[1:]


def _pem(file: Path) -> tuple[str, bytes]:
    try:
        found = pem.unarmor(file.read_bytes(), multiple=True)
        # `openssl ecparam -genkey` writes the curve in front of the key
        return next(
            (kind, der) for kind, _headers, der in found if not kind.endswith(" PARAMETERS")
        )
    except (OSError, ValueError, StopIteration) as error:
        raise ValueError(f"SM2 密钥文件 {file} 不能读取，或不是 PEM 格式") from error
