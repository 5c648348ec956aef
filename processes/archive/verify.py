"""离线核验归档包：python3 verify.py [文件夹或 zip 文件] [--key 公钥].

核对清单（manifest.json）与每个文件的 SHA-256、大小，有缺少、多出、改动的逐一列出；
核对清单的电子签名（Ed25519，RFC 8032）；
逐条重算办理意见的校验值和依次链接的校验值，有改动、删除、插入的逐一列出。
签名公钥须与制作机关公布的一致：给出 --key 的代为核对，不给出的显示公钥，请自行核对。
只用 Python 标准库，不需要任何密钥；核验通过返回 0，否则返回 1。
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
SIGNATURE = "manifest.sig"
OPINIONS = "records/opinions.json"


def read(place: Path) -> dict[str, bytes]:
    """Every file of the package by its path."""
    if place.is_file():
        with zipfile.ZipFile(place) as opened:
            return {name: opened.read(name) for name in opened.namelist()}
    paths = [path for path in place.rglob("*") if path.is_file()]
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}


def faults(files: dict[str, bytes], key: str = "") -> list[str]:
    """What is wrong with the package, in words; nothing if it is whole."""
    if MANIFEST not in files or SEAL not in files:
        return [f"缺少清单 {MANIFEST} 或其校验值 {SEAL}"]
    seal = files[SEAL].decode("ascii", "replace").split()[:1]
    found = []
    if seal != [hashlib.sha256(files[MANIFEST]).hexdigest()]:
        found.append(f"清单 {MANIFEST} 已被改动")
    found += unsigned(files, key)
    manifest = json.loads(files[MANIFEST])
    listed = {one["path"]: one for one in manifest["files"]}
    for path, one in listed.items():
        content = files.get(path)
        if content is None:
            found.append(f"缺少文件：{path}")
        elif len(content) != one["size"] or hashlib.sha256(content).hexdigest() != one["sha256"]:
            found.append(f"文件已被改动：{path}")
    extra = sorted(files.keys() - listed.keys() - {MANIFEST, SEAL, SIGNATURE})
    found += [f"清单以外的文件：{path}" for path in extra]
    if OPINIONS in files:
        found += altered(json.loads(files[OPINIONS]), manifest["reference"])
    return found


def altered(opinions: list[dict[str, Any]], reference: str) -> list[str]:
    """Which opinions are not as they were given, and where some are missing or more."""
    found, link = [], ""
    for position, one in enumerate(opinions, 1):
        told = canonical(one, reference)
        given = one.get("digest") or told
        if given != told:
            found.append(f"第 {position} 条意见已被改动：{one['activity_name']} {one['by_name']}")
        link = digest(["banli.opinions.1", reference, position, link, given])
        if one.get("link") and (one["position"], one["link"]) != (position, link):
            found.append(f"第 {position} 条意见之前有意见被删除、插入或调换")
            link = one["link"]
    return found


def canonical(one: dict[str, Any], reference: str) -> str:
    """The hash of what an opinion says."""
    return digest(
        [
            "banli.opinion.1",
            reference,
            [one["activity"], one["activity_name"]],
            [one["by"], one["by_name"], one["by_org"] or ""],
            [one["acting_for"], one["acting_for_name"] or ""],
            [one["action"] or "completed", one["decision"] or "", one["text"] or ""],
            [instant(one["at"]), instant(one["true_at"])],
            (one["attachments"] or "").split(),
            one["signature"],
        ]
    )


def digest(told: list[Any]) -> str:
    """SHA-256 of a JSON array without blanks, in UTF-8."""
    content = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def instant(at: str | None) -> str | None:
    """The same moment in universal time, to the microsecond."""
    if at is None:
        return None
    moment = datetime.fromisoformat(at).astimezone(timezone.utc)  # noqa: UP017 - older programs too
    return moment.isoformat(timespec="microseconds")


# -- Ed25519 (RFC 8032, 5.1.7); for checking alone, so nothing here is secret ----------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
BASE_Y = 4 * pow(5, P - 2, P) % P
WIDTH = 32
Point = tuple[int, int, int, int]
"""Extended coordinates: x, y, z and x·y/z."""


def unsigned(files: dict[str, bytes], key: str) -> list[str]:
    """What is wrong with the signature of the manifest; a package from before has none."""
    if SIGNATURE not in files:
        return [f"缺少清单的电子签名 {SIGNATURE}"] if key else []
    told = json.loads(files[SIGNATURE])
    public, signature = bytes.fromhex(told["public_key"]), bytes.fromhex(told["signature"])
    found = []
    if key and told["public_key"] != key.lower():
        found.append("签名公钥与给出的公钥不同")
    if not signed(public, files[MANIFEST], signature):
        found.append(f"清单 {MANIFEST} 的电子签名不符")
    return found


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is of a message and a public key."""
    if len(public) != WIDTH or len(signature) != 2 * WIDTH:
        return False
    point, commitment = recovered(public), recovered(signature[:WIDTH])
    base = recovered(BASE_Y.to_bytes(WIDTH, "little"))
    scalar = int.from_bytes(signature[WIDTH:], "little")
    if point is None or commitment is None or base is None or scalar >= ORDER:
        return False
    told = hashlib.sha512(signature[:WIDTH] + public + message).digest()
    challenge = int.from_bytes(told, "little") % ORDER
    left, right = times(scalar, base), plus(commitment, times(challenge, point))
    across = (left[0] * right[2] - right[0] * left[2]) % P
    up = (left[1] * right[2] - right[1] * left[2]) % P
    return not (across or up)


def recovered(content: bytes) -> Point | None:
    """The point of 32 bytes: y and the sign of x."""
    y = int.from_bytes(content, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def plus(one: Point, other: Point) -> Point:
    """The sum of two points in extended coordinates."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """A multiple of a point."""
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = plus(found, point)
        point, scalar = plus(point, point), scalar >> 1
    return found


def main(arguments: list[str]) -> int:
    """Verify the package named on the command line, or the folder of this script."""
    given, key = list(arguments), ""
    if "--key" in given:
        at = given.index("--key")
        key = "".join(given[at + 1 : at + 2])
        del given[at : at + 2]
    place = Path(given[0]) if given else Path(__file__).resolve().parent
    files = read(place)
    wrong = faults(files, key)
    for line in wrong:
        print(line)
    if not wrong:
        manifest = json.loads(files[MANIFEST])
        said = f"核验通过：{manifest['reference']} {manifest['title']}"
        print(f"{said}，共 {len(manifest['files'])} 个文件")
        if SIGNATURE in files and not key:
            print(
                f"签名公钥：{json.loads(files[SIGNATURE])['public_key']}（请与制作机关公布的核对）"
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
