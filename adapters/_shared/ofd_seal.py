"""Seals on OFD files: set one with a time stamp; find out what those on a file are worth.

Invariant: a seal covers every file of the package but its own description and value; a file that
no seal covers, one that is missing and one that differs are each named.
Source: GB/T 33190-2016, 18; GB/T 38540-2020, 7.2 (making a seal signature), 7.3 (verification).
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from asn1crypto import cms, x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus

from adapters._shared import ofd_package, ofd_signs, ses, sm2, sm2_cms, stamps
from adapters._shared.loops import apart
from adapters._shared.ofd_package import PackageUnreadable
from adapters._shared.ofd_signs import Described, Named
from adapters._shared.seals import Change, Examined, Place, Signature
from engine import clock
from engine.errors import WorkRefused

KIND: Final = "ofd"
_VALUE: Final = b"SignedValue.dat"
_MOST: Final = 20
"""Seals on a file, and changes that are named."""
_UNREADABLE: Final = (
    ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError,
    SignatureValidationError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfdDie:
    """What sets one seal on OFD files: the seal as its maker signed it, key, time stamp."""

    seal: ses.Seal
    signer: sm2_cms.Signer
    timestamper: TimeStamper


def die_of(folder: Path, stamp: TimeStamper) -> OfdDie | None:
    """What lies in `seal.esl`, `sm2.pem` and `sm2.crt` of a folder; None where there is no seal.

    Raises:
        WorkRefused: they cannot be read, or the seal is not for that certificate.
    """
    file, key = folder / "seal.esl", folder / "sm2.pem"
    if not file.is_file() or not key.is_file():
        return None
    try:
        seal = ses.Seal.load(file.read_bytes(), strict=True)
        signer = sm2_cms.signer_of(key, folder / "sm2.crt")
    except ValueError as error:
        raise WorkRefused(f"用于 OFD 的电子印章不能使用：{error}") from error
    if not ses.is_for(seal, signer.certificate.dump()):
        raise WorkRefused("用于 OFD 的电子印章（seal.esl）不是为这张证书制作的")
    return OfdDie(seal, signer, stamp)


def seal(content: bytes, *, die: OfdDie, place: Place | None = None) -> bytes:
    """The file with a seal on it.

    Raises:
        ValueError: the bytes are no OFD that can be sealed, or it is sealed already.
    """
    files = ofd_package.unpacked(content)
    folder = f"{ofd_signs.document_folder(files)}/Signs"
    listing, own = f"{folder}/Signatures.xml", f"{folder}/Sign_0"
    stamp = ofd_signs.stamp_of(files, place) if place is not None else None
    files[ofd_signs.ROOT] = ofd_signs.with_signatures(files[ofd_signs.ROOT], listing)
    files[listing] = ofd_signs.listing(f"{own}/Signature.xml")
    files[f"{own}/Seal.esl"] = die.seal.dump()
    digests = {name: ofd_signs.digest(file) for name, file in files.items()}
    at = clock.now()
    described = ofd_signs.describe(digests, folder=own, stamp=stamp, at=at)
    made = ses.sign(
        sm2_cms.digest(described),
        f"/{own}/Signature.xml",
        seal=die.seal,
        signer=die.signer,
        at=at.replace(microsecond=0),
    )
    bare: bytes = made["signature"].native
    stamped = apart(lambda: asyncio.run(stamps.over(bare, die.timestamper)))
    made["time_stamp"] = stamped.dump()
    files[f"{own}/Signature.xml"] = described
    files[f"{own}/SignedValue.dat"] = made.dump()
    return ofd_package.packed(files)


def holds_all_of(sealed: bytes, content: bytes) -> bool:
    """Whether a sealed file has every file that was handed out as it was, and no page more."""
    try:
        before, after = ofd_package.unpacked(content), ofd_package.unpacked(sealed)
        own = f"{ofd_signs.document_folder(before)}/Signs/"
        root = ofd_signs.ROOT
        told = (ofd_signs.without_signatures(one.pop(root, b"")) for one in (before, after))
        same = len({*told}) == 1
    except ValueError:
        return False
    added = {name for name in after if name not in before}
    return (
        same
        and all(after.get(name) == file for name, file in before.items())
        and all(name.startswith(own) for name in added)
    )


def examine(content: bytes, trust: Sequence[x509.Certificate]) -> Examined:
    """What the seals of a file are worth to whoever trusts these roots; asks nobody outside."""
    if not sm2.installed():
        return Examined(fault="unsupported")
    try:
        files = ofd_package.unpacked(content)
        listing, named = ofd_signs.listed(files)
        if len(named) > _MOST or any(one.kind != "Seal" for one in named):
            return Examined(fault="unknown")
        package = _Package(files, listing, named, trust)
        read = [package.read(one) for one in named]
    except PackageUnreadable as error:
        changes = (Change("changed", error.file),) if error.file else ()
        return Examined((), "changed" if _VALUE in content else "unreadable", changes)
    except _UNREADABLE:
        return Examined(fault="changed" if _VALUE in content else "unreadable")
    return Examined(tuple(read), _fault(read), tuple(package.changes[:_MOST]))


class _Package:
    """The files of a package and the seals on them."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        listing: str,
        named: Sequence[Named],
        trust: Sequence[x509.Certificate],
    ) -> None:
        self.changes: list[Change] = []
        self._files = files
        self._listing = listing
        self._trust = trust
        self._last = named[-1].file if named else ""
        self._described = {one.file: ofd_signs.described(files, one.file) for one in named}

    def read(self, named: Named) -> Signature:
        """What one seal is worth."""
        described = self._described[named.file]
        changes = [*self._changes(named, described)]
        signature = ses.Signature.load(self._files[described.value], strict=True)
        told = signature["to_sign"]
        if told["eseal"].dump() != self._files.get(described.seal):
            changes.append(Change("seal", described.seal))
        if not ses.holds(signature, sm2_cms.digest(self._files[named.file])):
            changes.append(Change("changed", named.file))
        self.changes += [one for one in changes if one not in self.changes]
        own = x509.Certificate.load(signature["cert"].native, strict=True)
        signed_at = self._stamped(signature)
        subject, paths = own.subject.native, self._paths(signature, own, signed_at or clock.now())
        return Signature(
            field=named.id,
            signer=str(told["eseal"]["info"]["property"]["name"].native),
            organisation=str(subject.get("organization_name", "")),
            signed_at=signed_at,
            intact=not changes,
            trusted=bool(paths),
            whole=named.file == self._last,
            kind=KIND,
            paths=paths,
        )

    def _changes(self, named: Named, described: Described) -> Iterator[Change]:
        digests = described.digests
        for name, digest in digests.items():
            if name not in self._files:
                yield Change("missing", name)
            elif ofd_signs.digest(self._files[name]) != digest:
                yield Change("changed", name)
        for name in sorted(set(self._files) - set(digests) - self._free(named)):
            yield Change("added", name)

    def _free(self, named: Named) -> set[str]:
        """What a seal need not cover: its own files, and of several seals those of the others."""
        own = {named.file, self._described[named.file].value}
        if len(self._described) == 1:
            return own
        for file, other in self._described.items():
            own |= {file, other.value, other.seal}
        return own | {self._listing}

    def _paths(
        self, signature: ses.Signature, own: x509.Certificate, at: datetime
    ) -> tuple[tuple[bytes, ...], ...]:
        """From the signer and from the seal's maker to roots trusted here; empty: not trusted."""
        seal = signature["to_sign"]["eseal"]
        maker = x509.Certificate.load(seal["cert"].native, strict=True)
        roots = sm2_cms.roots(self._trust)
        found = [sm2_cms.path(one, [], roots, at) for one in (own, maker)]
        good = (
            all(found)
            and ses.made_well(seal)
            and ses.is_for(seal, own.dump())
            and ses.in_force(seal, at)
        )
        return tuple(tuple(one.dump() for one in path) for path in found) if good else ()

    def _stamped(self, signature: ses.Signature) -> datetime | None:
        """The instant of a time stamp that counts."""
        told = signature["time_stamp"].native
        if told is None:
            return None
        token = cms.ContentInfo.load(told, strict=True)["content"]
        context = stamps.context(self._trust)

        def imprint(algorithm: str) -> bytes:
            return hashlib.new(algorithm, signature["signature"].native).digest()

        found = apart(lambda: asyncio.run(validate_tst_signed_data(token, context, imprint)))
        return stamps.certain(TimestampSignatureStatus(**found))


def _fault(found: Sequence[Signature]) -> str:
    if not found:
        return "unsigned"
    if not all(one.intact for one in found):
        return "changed"
    if not all(one.trusted for one in found):
        return "untrusted"
    return "" if all(one.signed_at for one in found) else "unstamped"
