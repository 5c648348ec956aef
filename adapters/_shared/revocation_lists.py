"""The revocation lists of the authorities trusted here: fetched, kept, and held against signatures.

Invariant: a list is fetched for certificates only that lead to a root trusted here, from addresses
that were looked at; one that cannot be had or is past its time makes the answer unknown, never
good. A list older than the one kept never takes its place.
Source: RFC 5280, 6.3; rule 44 of the reliability rules.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

from adapters._shared.client import Department
from adapters._shared.revocation import ListForeign, RevocationList, points
from adapters._shared.seals import Examined, Signature
from adapters._shared.standing import GOOD, REVOKED, UNKNOWN, Revocation, Standing
from engine import clock
from engine.errors import Retry, WorkRefused

K = TypeVar("K")
V = TypeVar("V")
_NAME: Final = "证书吊销列表"
_PATIENCE: Final = timedelta(seconds=8)
"""Somebody waits before the page."""
_FRESH: Final = timedelta(hours=1)
"""So long a list is not asked for again; after that it counts to its end if no newer one comes."""
_AGAIN: Final = timedelta(minutes=1)
"""So long nobody asks again for a list that could not be had."""
_MOST: Final = 64
"""Lists, and authorities, that are remembered."""


class ListMissing(Exception):
    """No list that counts can be had; `why` as in `Standing`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class _Kept:
    found: RevocationList
    fetched_at: datetime


class Lists:
    """Safe to share between threads."""

    def __init__(self, mirror: str = "", *, get: Callable[[str], bytes] | None = None) -> None:
        """`mirror` is where the lists lie by their file names instead of where certificates say.

        Raises:
            ValueError: the mirror is no address.
        """
        self._mirror = _department(mirror) if mirror else None
        self._get = get or self._fetched
        self._departments: dict[str, Department] = {}
        self._kept: dict[tuple[str, bytes], _Kept] = {}
        self._failed: dict[str, tuple[datetime, str]] = {}
        self._lock = threading.Lock()

    def of(self, certificate: bytes, issuer: bytes) -> RevocationList:
        """The list of an issuer that tells of its certificate (both DER).

        Raises:
            ListMissing: none that counts.
        """
        try:
            named = points(certificate)
        except ListForeign as error:
            raise ListMissing("unnamed") from error
        why = "unnamed"
        for url in named:
            try:
                return self._at(url, issuer)
            except ListMissing as error:
                why = error.why
        raise ListMissing(why)

    def forget(self) -> None:
        """Ask for all of them anew."""
        with self._lock:
            self._kept.clear()

    def _at(self, url: str, issuer: bytes) -> RevocationList:
        now, key = clock.now(), (url, hashlib.sha256(issuer).digest())
        kept = self._kept.get(key)
        current = kept is not None and kept.found.is_current(now)
        if kept is not None and current and now - kept.fetched_at < _FRESH:
            return kept.found
        try:
            found = self._newer(url, issuer)
        except ListMissing:
            if kept is not None and current:
                return kept.found
            raise
        if kept is not None and current and kept.found.made_at > found.made_at:
            found = kept.found
        if not found.is_current(now):
            raise ListMissing("outdated")
        with self._lock:
            _remember(self._kept, key, _Kept(found, now))
        return found

    def _newer(self, url: str, issuer: bytes) -> RevocationList:
        now = clock.now()
        until, why = self._failed.get(url, (now, ""))
        if now < until:
            raise ListMissing(why)
        try:
            return RevocationList(self._get(url), issuer)
        except ListForeign as error:
            why = "foreign"
            raise ListMissing(why) from error
        except (Retry, WorkRefused, OSError, ValueError) as error:
            why = "unreachable"
            raise ListMissing(why) from error
        finally:
            with self._lock:
                self._failed.pop(url, None)
                if why:
                    _remember(self._failed, url, (now + _AGAIN, why))

    def _fetched(self, url: str) -> bytes:
        parts = urlsplit(url)
        if self._mirror is not None:
            name = unquote(parts.path.rpartition("/")[2])
            return self._mirror.fetch(f"/{quote(name, safe='')}")
        base = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            known = self._departments.get(base)
            if known is None:
                known = _department(base)
                _remember(self._departments, base, known)
        return known.fetch(parts.path + (f"?{parts.query}" if parts.query else ""))


def settled(found: Examined, lists: Lists, own: Mapping[str, Revocation] | None = None) -> Examined:
    """What the seals of a file are worth, with what became of their certificates.

    `own`: what the keeper itself has revoked, by the SHA-256 of the certificate.
    """
    if found.fault:
        return found
    told = [_standing(one, lists, own or {}) for one in found.signatures]
    read = tuple(
        replace(one, standing=standing)
        for one, standing in zip(found.signatures, told, strict=True)
    )
    states = {one.state for one in told}
    fault = "revoked" if REVOKED in states else "unchecked" if UNKNOWN in states else ""
    return replace(found, signatures=read, fault=fault)


def _standing(one: Signature, lists: Lists, own: Mapping[str, Revocation]) -> Standing:
    """The worst of what is told of the certificates of a signature, without the roots."""
    at = one.signed_at or clock.now()
    told = [*_told(one.paths, at, lists, own)] or [Standing(UNKNOWN, why="unnamed")]
    return min(told, key=_badness)


def _told(
    paths: Sequence[Sequence[bytes]], at: datetime, lists: Lists, own: Mapping[str, Revocation]
) -> Iterator[Standing]:
    for path in paths:
        for certificate, issuer in pairwise(path):
            known = own.get(hashlib.sha256(certificate).hexdigest())
            yield _revoked(known, at) if known else _of(certificate, issuer, at, lists)


def _of(certificate: bytes, issuer: bytes, at: datetime, lists: Lists) -> Standing:
    try:
        found = lists.of(certificate, issuer)
        if not found.covers(certificate):
            return Standing(UNKNOWN, why="foreign")
        revocation = found.revocation(certificate)
    except ListMissing as error:
        return Standing(UNKNOWN, why=error.why)
    except ListForeign:  # an entry that cannot be read
        return Standing(UNKNOWN, why="foreign")
    if revocation is not None:
        return _revoked(revocation, at)
    return Standing(UNKNOWN, why="expired") if found.leaves_out(certificate) else Standing(GOOD)


def _revoked(revocation: Revocation, at: datetime) -> Standing:
    return Standing(REVOKED if revocation.since <= at else GOOD, revocation)


def _badness(one: Standing) -> tuple[int, float]:
    order = (REVOKED, UNKNOWN, GOOD).index(one.state)
    return order, one.revocation.since.timestamp() if one.revocation is not None else float("inf")


def _department(address: str) -> Department:
    return Department(_NAME, address, signed=True, patience=_PATIENCE)


def _remember(where: dict[K, V], key: K, value: V) -> None:
    """Keep it as the latest; of too many the first goes."""
    where.pop(key, None)
    if len(where) >= _MOST:
        del where[next(iter(where))]
    where[key] = value
