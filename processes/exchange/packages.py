"""文件交换: packages for a department without an interface: a zip with manifest, hashes and seal.

Invariant: what a package holds left the outbox in the transaction that keeps the package, so that
it is either still to be packed or can be downloaded again. A package that comes in is whole and
sealed, or nothing of it is taken; each of its messages goes the way of a callback, and the receipt
says of each what became of it.

    manifest.json      package_no, channel, made_at, messages: [{file, message_id, name,
                       correlation_key, sha256}]
    manifest.seal      HMAC-SHA-256 of manifest.json with the key of the channel, as hex
    messages/0001.json an envelope each, as it goes over the interface
"""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters._shared import wire
from adapters._shared.exchange import Exchange
from engine import clock, ids, limits
from engine.errors import BanliError, MessageRefused, NotFound
from engine.errors import VariablesInvalid as Unfit
from engine.jobs import JobWork
from processes.documents import files
from processes.exchange import inbound, journal, pulling, restoration
from processes.exchange.directory import Interface
from processes.identity import audit
from processes.identity.identity import User
from processes.identity.roles import Action
from processes.model.exchange import ExchangePackage
from processes.rights import permissions

TYPE: Final = "application/zip"
MOST: Final = 500
"""Messages in a package that comes in."""
_MANIFEST, _SEAL = "manifest.json", "manifest.seal"
_COMPRESSED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError,
    ValueError, struct.error, IndexError,
)  # fmt: skip
"""What the library says of bytes that are no archive, or of one made to break it: an index error
of a member whose name is empty."""
_NOT_AWAITED: Final = "没有办件在等待这份报文，请核对关联号"
_EPOCH: Final = (2026, 1, 1, 0, 0, 0)


class PackageRefused(BanliError):
    """A package cannot be made or taken; the message says why."""

    code = "package_refused"


def make(session: Session, interface: Interface, *, by: User) -> list[ExchangePackage]:
    """Pack the messages that wait for a department: one package, or one for each of its units.

    Raises:
        PackageRefused: nothing waits.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    exchange = _exchange(interface)
    if restoration.held(session) is not None:
        raise PackageRefused("系统从备份恢复后尚未核对，暂不向外发送报文")
    works = pulling.fetch(session, interface, limit=pulling.MOST, way="file")
    if not works:
        raise PackageRefused("没有等待发给该单位的报文")
    packed = interface.packed
    by_unit: dict[str, list[JobWork]] = {}
    for one in works:
        unit = str(one.variables[packed[one.topic]]) if one.topic in packed else ""
        by_unit.setdefault(unit, []).append(one)
    made = [_made(session, exchange, unit, some, by) for unit, some in by_unit.items()]
    pulling.confirm(session, interface, [one.key for one in works], way="file")
    return made


def _made(
    session: Session, exchange: Exchange, unit: str, works: Sequence[JobWork], by: User
) -> ExchangePackage:
    """The package of some messages; its number names the unit that it is for."""
    bodies = [wire.dump(pulling.enveloped(one)) for one in works]
    day = clock.now().astimezone(clock.SHANGHAI)
    number = "-".join(
        filter(
            None,
            (exchange.name, unit, f"{day:%Y%m%d%H%M%S}", f"{ids.next_id() % 10_000:04d}"),
        )
    )
    told = [
        {
            "file": f"messages/{at:04d}.json",
            "message_id": work.key,
            "name": work.topic,
            "correlation_key": work.correlation_key,
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        for at, (work, body) in enumerate(zip(works, bodies, strict=True), start=1)
    ]
    manifest = wire.dump(
        {"package_no": number, "channel": exchange.name, "made_at": clock.now(), "messages": told}
    )
    parts = {_MANIFEST: manifest, _SEAL: exchange.seal(manifest).encode()}
    parts |= {str(one["file"]): body for one, body in zip(told, bodies, strict=True)}
    made = ExchangePackage(
        adapter=exchange.name, direction="out", number=number, messages=len(works)
    )
    return _keep(session, made, _zipped(parts), by)


def take(session: Session, interface: Interface, content: bytes, *, by: User) -> ExchangePackage:
    """Take a package of results; the row holds the receipt, a line for each message.

    Raises:
        PackageRefused: it is not whole, not sealed by the department, or too large.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    exchange = _exchange(interface)
    parts = _unzipped(content)
    manifest = _manifest(exchange, parts)
    number = wire.text(manifest, "package_no", longest=100)
    lines = [_taken(session, exchange, parts, one) for one in manifest["messages"]]
    came = ExchangePackage(
        adapter=interface.name,
        direction="in",
        number=number,
        messages=len(lines),
        receipt={"lines": lines},
    )
    return _keep(session, came, content, by)


def of_interface(session: Session, interface: Interface, *, by: User) -> Sequence[ExchangePackage]:
    """The packages of a department, the latest first."""
    permissions.require(by, Action.OPERATE_EXCHANGE)
    query = select(ExchangePackage).where(ExchangePackage.adapter == interface.name)
    return session.scalars(query.order_by(ExchangePackage.id.desc()).limit(50)).all()


def get(session: Session, interface: Interface, package_id: int, *, by: User) -> ExchangePackage:
    """One package.

    Raises:
        NotFound: there is none of this department.
    """
    permissions.require(by, Action.OPERATE_EXCHANGE)
    found = session.get(ExchangePackage, package_id)
    if found is None or found.adapter != interface.name:
        raise NotFound("没有这个报文包", package=package_id)
    return found


def content(session: Session, package: ExchangePackage, *, by: User) -> bytes:
    """The bytes of a package, for its download, which is on record."""
    detail = f"{package.adapter} {package.number}"
    audit.record(session, "exchange.package_downloaded", by=by, detail=detail)
    return files.read(session, package.sha256)


def receipt(interface: Interface, package: ExchangePackage) -> bytes:
    """The sealed receipt of a package that came in, for the department."""
    told = wire.dump(
        {
            "package_no": package.number,
            "received_at": package.at,
            "messages": (package.receipt or {}).get("lines", []),
        }
    )
    seal = _exchange(interface).seal(told).encode()
    return _zipped({"receipt.json": told, "receipt.seal": seal})


def _exchange(interface: Interface) -> Exchange:
    if interface.exchange is None:
        raise PackageRefused("该单位没有报文约定，不能以文件交换")
    return interface.exchange


def _keep(session: Session, made: ExchangePackage, packed: bytes, by: User) -> ExchangePackage:
    row = files.store(session, packed, by=by.id, content_type=TYPE)
    made.id, made.sha256, made.by = ids.next_id(), row.sha256, str(by.id)
    session.add(made)
    action = "exchange.packed" if made.direction == "out" else "exchange.unpacked"
    audit.record(session, action, by=by, detail=f"{made.adapter} {made.number}")
    session.flush()
    return made


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, body in parts.items():
            opened.writestr(zipfile.ZipInfo(name, _EPOCH), body)
    return packed.getvalue()


def _unzipped(content: bytes) -> dict[str, bytes]:
    """The parts of a package, looked at before anything is unpacked."""
    if len(content) > limits.UPLOAD_BYTES:
        raise PackageRefused("报文包过大")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            found = opened.infolist()
            if len(found) > MOST + 2 or sum(one.file_size for one in found) > limits.UPLOAD_BYTES:
                raise PackageRefused(f"报文包过大：至多 {MOST} 份报文")
            names = [one.filename for one in found]
            if len(set(names)) != len(names) or any(one.flag_bits & 1 for one in found):
                raise PackageRefused("报文包中有重名或加密的文件")
            if any(one.compress_type not in _COMPRESSED for one in found):
                raise PackageRefused("报文包只能以 ZIP 的通常方式（DEFLATE）压缩")
            return {one.filename: opened.read(one) for one in found if not one.is_dir()}
    except _BROKEN as error:
        raise PackageRefused("不是完整的 ZIP 报文包") from error


def _manifest(exchange: Exchange, parts: Mapping[str, bytes]) -> dict[str, Any]:
    body = parts.get(_MANIFEST, b"")
    if not exchange.sealed(body, parts.get(_SEAL, b"").decode("ascii", "replace").strip()):
        raise PackageRefused("报文包的封签不正确：清单不是该单位制作的，或已被改动")
    try:
        told = wire.load(body)
        if wire.text(told, "channel") != exchange.name:
            raise PackageRefused("这是其他单位的报文包")
    except MessageRefused as error:
        raise PackageRefused(f"清单有误：{error.message}") from error
    listed = told.get("messages")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise PackageRefused("清单缺少报文列表『messages』")
    for one in listed:
        part = parts.get(str(one.get("file")))
        if part is None or hashlib.sha256(part).hexdigest() != one.get("sha256"):
            raise PackageRefused(f"报文『{one.get('file')}』缺失，或与清单的摘要不符")
    if len(parts) != len(listed) + 2:
        raise PackageRefused("报文包中有清单之外的文件")
    return told


def _taken(
    session: Session, exchange: Exchange, parts: Mapping[str, bytes], one: Mapping[str, Any]
) -> dict[str, Any]:
    """Take one message; what is wrong with it is a line of the receipt."""
    line = {"file": one["file"], "message_id": str(one.get("message_id", ""))[:200]}
    try:
        message = exchange.read(wire.load(parts[str(one["file"])]))
        with session.begin_nested():
            taken = inbound.take(session, channel=exchange, message=message, way="file")
    except (MessageRefused, Unfit) as error:
        journal.refused(session, exchange.name, error.message, way="file")
        return {**line, "result": "refused", "reason": error.message}
    line |= {"name": message.name, "correlation_key": message.correlation_key}
    if taken.kind == "buffered":
        return {**line, "result": "waiting", "reason": _NOT_AWAITED}
    return {**line, "result": "duplicate" if taken.kind == "duplicate" else "taken"}
