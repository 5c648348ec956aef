"""PAdES on PDF files: set a seal with a time stamp; find out what the seals on a file are worth.

Invariant: a seal is an incremental update, so that the sealed file begins with the bytes that were
handed in; a file counts as genuine only if its last signature covers it whole. The library loads
with this module alone, which those who keep or examine seals import when first asked.
A seal by the national algorithms is a second signature by SM2 over the file with the first one,
so that it holds for readers that know SM2 and for those that do not.
Source: ETSI EN 319 142-1 (PAdES B-T); ISO 32000-1, 12.8; RFC 3161; for SM2 see `sm2_cms`.
"""

import asyncio
import io
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms, parser, pem, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import collect_timing_info
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.errors import PathError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from adapters._shared import hex_strings, mould, prepared_names, sm2, sm2_cms, stamps
from adapters._shared.client import Department
from adapters._shared.loops import apart
from adapters._shared.ofd_seal import OfdDie
from adapters._shared.seal_pages import SealPage
from adapters._shared.seals import NATIONAL, Examined, Place, Signature
from adapters._shared.sm2_seal import ROOM, NationalSigner
from engine import clock
from engine.errors import WorkRefused

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_DIGEST: Final = "sha256"
_CONTENTS: Final = re.compile(rb"<([0-9A-Fa-f]{1024,})>")
_UNREADABLE: Final = (
    PdfError, SignatureValidationError, ValueError, LookupError, TypeError, AttributeError,
    RecursionError, ArithmeticError, NotImplementedError, OSError, struct.error,
)  # fmt: skip
"""What a parser says of bytes that are no PDF, or of one that was made to break it."""

hex_strings.read_at_once()
prepared_names.remember()


class KeySigner(signers.Signer):
    """Signs with a key loaded once: to load it anew costs more than to sign."""

    def __init__(
        self, key: Key, certificate: x509.Certificate, chain: Sequence[x509.Certificate] = ()
    ) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(chain)
        super().__init__(signing_cert=certificate, cert_registry=store)
        self.certificate = certificate
        self.room = ROOM
        """Digits kept for the next signature: what the last one took, and an eighth more.

        Each is read one by one whenever the file is examined; a trial would cost as much again.
        """
        self._key = key
        self._mould: mould.Mould | None = None

    async def async_sign(  # type: ignore[override]
        self, data_digest: bytes, digest_algorithm: str, **told: Any
    ) -> cms.ContentInfo:
        """The signed data over the digest of a file: by the library, then in the mould of that."""
        stamper: TimeStamper | None = told.get("timestamper")
        if told.get("dry_run") or stamper is None or digest_algorithm != _DIGEST:
            return await super().async_sign(data_digest, digest_algorithm, **told)
        if self._mould is None:
            made = await super().async_sign(data_digest, digest_algorithm, **told)
            self._mould = mould.of(made.dump())
            return made
        attributes = self._mould.attributes_for(data_digest)
        signature = sign(self._key, mould.to_sign(attributes), digest_algorithm)
        token = await stamps.over(signature, stamper)
        return self._mould.cast(attributes, signature, token.dump())

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002 - overridden
    ) -> bytes:
        """The bare signature."""
        del dry_run
        return sign(self._key, data, digest_algorithm)


def sign(key: Key, data: bytes, digest_algorithm: str) -> bytes:
    """A bare signature (PKCS #1 v1.5 or ECDSA)."""
    digest: hashes.HashAlgorithm = getattr(hashes, digest_algorithm.upper())()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), digest)
    return key.sign(data, ec.ECDSA(digest))


class Authority(TimeStamper):
    """A time-stamp authority over HTTP (RFC 3161, 3.4)."""

    def __init__(self, department: Department) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._department = department

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask for a time stamp.

        Raises:
            Retry: a passing failure. WorkRefused: the answer is no time stamp.
        """
        body = req.dump()
        told = {"Content-Type": "application/timestamp-query", "Content-Length": str(len(body))}
        answer = self._department.transfer("POST", "", io.BytesIO(body), told)
        try:
            return tsp.TimeStampResp.load(answer, strict=True)
        except ValueError as error:
            raise WorkRefused(f"时间戳服务的答复无法识别：{error}") from error


def signer_of(container: bytes, password: bytes) -> KeySigner:
    """The signer of a PKCS #12 file.

    Raises:
        WorkRefused: wrong password, or it holds no RSA or ECDSA key with its certificate.
    """
    try:
        found = pkcs12.load_pkcs12(container, password)
    except ValueError as error:
        raise WorkRefused(f"印章的密钥文件打不开：{error}") from error
    if not isinstance(found.key, Key) or found.cert is None:
        raise WorkRefused("印章的密钥文件中没有 RSA 或 ECDSA 密钥及其证书")
    chain = [_certificate(one.certificate) for one in found.additional_certs]
    return KeySigner(found.key, _certificate(found.cert.certificate), chain)


def _certificate(one: Certificate) -> x509.Certificate:
    return x509.Certificate.load(one.public_bytes(Encoding.DER))


@dataclass(frozen=True, slots=True)
class Die:
    """What sets one seal: key, time stamp, picture (a PDF page), a key by SM2, the seal for OFD."""

    signer: KeySigner
    timestamper: TimeStamper
    image: Path | None = None
    national: NationalSigner | None = None
    ofd: OfdDie | None = None


def seal(
    content: bytes, *, die: Die, reason: str = "", field: str = "Seal", place: Place | None = None
) -> bytes:
    """The file with a seal on it, seen at its place.

    Raises:
        ValueError: the bytes are no PDF that can be sealed.
    """
    style = None
    spec = fields.SigFieldSpec(field)
    if place is not None:
        box = (place.x, place.y, place.x + place.width, place.y + place.height)
        spec = fields.SigFieldSpec(field, on_page=place.page - 1, box=_whole(box))
    if place is not None and die.image is not None:
        style = StaticStampStyle(background=SealPage(die.image), border_width=0)
    meta = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=_DIGEST,
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason or None,
        name=_common_name(die.signer.certificate),
    )
    signer = signers.PdfSigner(
        meta, die.signer, timestamper=die.timestamper, stamp_style=style, new_field_spec=spec
    )
    return _set(content, signer, die.signer)


def seal_nationally(content: bytes, *, signer: NationalSigner, field: str = "SealSM2") -> bytes:
    """The sealed file with a second, unseen signature by SM2 over all of it.

    Raises:
        ValueError: the bytes are no PDF that can be sealed.
    """
    meta = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sm3",
        subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        name=_common_name(signer.certificate),
    )
    spec = fields.SigFieldSpec(field)
    return _set(content, signers.PdfSigner(meta, signer, new_field_spec=spec), signer)


def _set(content: bytes, signer: signers.PdfSigner, key: KeySigner | NationalSigner) -> bytes:
    try:
        try:
            return _sealed(content, signer, key)
        except SigningError:
            if key.room == ROOM:
                raise
            key.room = ROOM  # the time stamp has grown
            return _sealed(content, signer, key)
    except PdfError as error:
        raise ValueError(f"这份 PDF 不能签章：{error}") from error


def _sealed(content: bytes, signer: signers.PdfSigner, key: KeySigner | NationalSigner) -> bytes:
    writer, out = IncrementalPdfFileWriter(io.BytesIO(content)), io.BytesIO()
    apart(lambda: signer.sign_pdf(writer, output=out, bytes_reserved=key.room))
    made = out.getvalue()
    if container := _CONTENTS.search(made, len(content)):
        used = len(container[1].rstrip(b"0"))
        key.room = min(ROOM, (used + used // 8 + 64) // 2 * 2)
    return made


def _whole(box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    left, bottom, right, top = (round(one) for one in box)
    return left, bottom, right, top


def examine(content: bytes, trust: Sequence[x509.Certificate]) -> Examined:
    """What the seals of a file are worth to whoever trusts these roots; asks nobody outside."""
    if not content.startswith(b"%PDF-"):
        return Examined(fault="unreadable")
    try:
        found = PdfFileReader(io.BytesIO(content)).embedded_regular_signatures
        if any(_is_national(one) for one in found) and not sm2.installed():
            return Examined(fault="unsupported")
        read = apart(lambda: tuple(_read(one, trust) for one in found))
    except (*_UNREADABLE, PathError):
        return Examined(fault="changed" if b"/ByteRange" in content else "unreadable")
    return Examined(read, _fault(read))


def roots(file: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file.

    Raises:
        WorkRefused: it cannot be read, or holds none.
    """
    try:
        found = [der for _kind, _headers, der in pem.unarmor(file.read_bytes(), multiple=True)]
        return [x509.Certificate.load(der) for der in found]
    except (OSError, ValueError) as error:
        raise WorkRefused(f"受信任的根证书不能读取：{error}", file=str(file)) from error


def _is_national(one: EmbeddedPdfSignature) -> bool:
    return bool(one.signer_info["digest_algorithm"]["algorithm"].dotted == sm2_cms.SM3)


def _read(one: EmbeddedPdfSignature, trust: Sequence[x509.Certificate]) -> Signature:
    if _is_national(one):
        return _national(one, trust)
    return _signature(one, validate_pdf_signature(one, stamps.context(trust)))


def _national(one: EmbeddedPdfSignature, trust: Sequence[x509.Certificate]) -> Signature:
    data, info = one.signed_data, one.signer_info
    own = sm2_cms.signing_certificate(data, info)
    digest = one.compute_digest("sm3")
    # the library verifies the time stamp, an ordinary one over our signature
    timing = asyncio.run(collect_timing_info(info, stamps.context(trust), one.compute_digest))
    signed_at = stamps.certain(timing.get("timestamp_validity"))
    at, others = signed_at or clock.now(), sm2_cms.certificates(data)
    subject, path = own.subject.native, sm2_cms.path(own, others, sm2_cms.roots(trust), at)
    return Signature(
        field=one.field_name,
        signer=_text(subject, "common_name"),
        organisation=_text(subject, "organization_name"),
        signed_at=signed_at,
        intact=sm2_cms.holds(data, info, digest) and _empty(one.pkcs7_content),
        trusted=bool(path),
        whole=one.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE,
        kind=NATIONAL,
        paths=(tuple(one.dump() for one in path),) if path else (),
    )


def _fault(found: Sequence[Signature]) -> str:
    if not found:
        return "unsigned"
    if not found[-1].whole or not all(one.intact for one in found):
        return "changed"
    if not all(one.trusted for one in found):
        return "untrusted"
    return "" if all(one.signed_at for one in found) else "unstamped"


def _empty(container: bytes) -> bool:
    """Whether the room behind a signature is empty: no digest covers it."""
    return not any(container[parser.peek(container) :])


def _signature(one: EmbeddedPdfSignature, status: PdfSignatureStatus) -> Signature:
    subject, path = status.signing_cert.subject.native, status.validation_path
    above = [*path.iter_certs(include_root=True)][::-1] if path is not None else []
    return Signature(
        field=one.field_name,
        signer=_text(subject, "common_name"),
        organisation=_text(subject, "organization_name"),
        signed_at=stamps.certain(status.timestamp_validity),
        intact=status.intact and status.valid and _empty(one.pkcs7_content),
        trusted=status.trusted,
        whole=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        paths=(tuple(one.dump() for one in above),) if above else (),
    )


def _common_name(certificate: x509.Certificate) -> str:
    return _text(certificate.subject.native, "common_name")


def _text(subject: Mapping[str, Any], name: str) -> str:
    value = subject.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
