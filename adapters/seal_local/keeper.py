"""Seals in a folder of this machine, each with its key, certificate and picture."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from adapters._shared import examining, standing
from adapters._shared.client import Department
from adapters._shared.revocation_lists import Lists, settled
from adapters._shared.seals import NATIONAL, OFD, Examined, SealInfo, SealOrder, refusal
from adapters._shared.standing import Revocation
from engine import clock
from engine.errors import WorkRefused

if TYPE_CHECKING:
    from asn1crypto import x509

    from adapters._shared.pades import Die


class LocalSeals:
    """The keeper (`Seals`); keys are read once and stay in this process."""

    def __init__(self, folder: Path, dies: "Dies", trust: Path, lists: Lists) -> None:
        self._folder = folder
        self._trust = trust
        self._lists = lists
        self._die = lru_cache(maxsize=64)(dies.of)

    def seal(self, order: SealOrder, document: BinaryIO) -> bytes:
        """Set the seal; asked twice, it is set anew on the same bytes: nothing was given out."""
        from adapters._shared import sealing  # noqa: PLC0415 - loads the library

        info = next((one for one in self.kept() if one.seal == order.seal), None)
        if info is None:
            raise refusal(f"没有编码为“{order.seal}”的印章")
        if info.state == "revoked":
            raise refusal(f"印章“{info.name}”的证书{self._revoked(order.seal)}，不能再签章")
        if info.state != "in_use":
            words = {"stopped": "已停用", "expired": "的证书不在有效期内"}
            raise refusal(f"印章“{info.name}”{words[info.state]}")
        die = self._die(self._folder / order.seal)
        if order.format == NATIONAL and die.national is None:
            raise refusal(f"印章“{info.name}”没有 SM2 密钥和证书")
        if order.format == OFD and die.ofd is None:
            raise refusal(f"印章“{info.name}”没有用于 OFD 的电子印章（seal.esl）")
        try:
            return sealing.to_order(document.read(), die=die, order=order)
        except ValueError as error:
            raise WorkRefused(str(error), order=order.id) from error

    def examine(self, content: bytes) -> Examined:
        """What the seals of a file are worth, by what is trusted and what is revoked here."""
        own = {
            entry.sha256: entry.revocation
            for folder in self._folders()
            for entry in standing.entries(folder)
        }
        return settled(examining.examine(content, self._roots), self._lists, own)

    def revoke(self, seal: str, revocation: Revocation) -> None:
        """Write down that the certificates of a seal do not count any more."""
        info = next((one for one in self.kept() if one.seal == seal), None)
        if info is None:
            raise WorkRefused(f"没有编码为“{seal}”的印章")
        if info.state == "revoked":
            raise WorkRefused(f"印章“{info.name}”的证书{self._revoked(seal)}")
        die = self._die(self._folder / seal)
        own = die.signer.certificate
        found = {own.dump(): (own.serial_number, "")}
        for one in (die.national, die.ofd.signer if die.ofd is not None else None):
            if one is not None:
                found[one.certificate.dump()] = (one.certificate.serial_number, NATIONAL)
        standing.revoke(self._folder / seal, found, revocation)

    def kept(self) -> Sequence[SealInfo]:
        """The seals in the folder, by name."""
        return [self._info(one) for one in self._folders()]

    def _folders(self) -> list[Path]:
        return sorted(one for one in self._folder.iterdir() if (one / "key.p12").is_file())

    def _revoked(self, seal: str) -> str:
        folder = self._folder / seal
        told = standing.of(folder, self._die(folder).signer.certificate.dump())
        return standing.words(told) if told is not None else ""

    def _info(self, folder: Path) -> SealInfo:
        certificate = self._die(folder).signer.certificate
        subject = certificate.subject.native
        begins = certificate.not_valid_before.astimezone(clock.SHANGHAI).date()
        ends = certificate.not_valid_after.astimezone(clock.SHANGHAI).date()
        name = str(subject.get("common_name", folder.name))
        return SealInfo(
            seal=folder.name,
            name=name,
            holder=str(subject.get("organization_name", name)),
            valid_from=begins,
            valid_to=ends,
            state="revoked"
            if standing.of(folder, certificate.dump())
            else _state(folder, begins, ends),
        )

    @cached_property
    def _roots(self) -> "Sequence[x509.Certificate]":
        from adapters._shared import pades  # noqa: PLC0415 - loads the library

        return pades.roots(self._trust)


def _state(folder: Path, begins: date, ends: date) -> str:
    if (folder / "stopped").exists():
        return "stopped"
    return "in_use" if begins <= clock.today() <= ends else "expired"


class Dies:
    """Opens what sets a seal: its keys, with time stamps by an authority."""

    def __init__(self, password: bytes, authority: Department) -> None:
        self._password = password
        self._authority = authority

    def of(self, folder: Path) -> "Die":
        """What sets the seal of a folder.

        Raises:
            WorkRefused: a file of it cannot be used.
        """
        from adapters._shared import ofd_seal, pades, sm2_seal  # noqa: PLC0415 - loads the library

        signer = pades.signer_of((folder / "key.p12").read_bytes(), self._password)
        picture = folder / "seal.pdf"
        stamp = pades.Authority(self._authority)
        national = sm2_seal.signer_of(folder / "sm2.pem", folder / "sm2.crt", stamp)
        ofd = ofd_seal.die_of(folder, stamp)
        return pades.Die(signer, stamp, picture if picture.exists() else None, national, ofd)
