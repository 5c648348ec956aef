"""离线核验归档包：python3 verify.py [文件夹或 zip 文件].

核对清单（manifest.json）与每个文件的 SHA-256、大小，有缺少、多出、改动的逐一列出。
只用 Python 标准库；核验通过返回 0，否则返回 1。
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"


def read(place: Path) -> dict[str, bytes]:
    """Every file of the package by its path."""
    if place.is_file():
        with zipfile.ZipFile(place) as opened:
            return {name: opened.read(name) for name in opened.namelist()}
    paths = [path for path in place.rglob("*") if path.is_file()]
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}


def faults(files: dict[str, bytes]) -> list[str]:
    """What is wrong with the package, in words; nothing if it is whole."""
    if MANIFEST not in files or SEAL not in files:
        return [f"缺少清单 {MANIFEST} 或其校验值 {SEAL}"]
    seal = files[SEAL].decode("ascii", "replace").split()[:1]
    found = []
    if seal != [hashlib.sha256(files[MANIFEST]).hexdigest()]:
        found.append(f"清单 {MANIFEST} 已被改动")
    listed = {one["path"]: one for one in json.loads(files[MANIFEST])["files"]}
    for path, one in listed.items():
        content = files.get(path)
        if content is None:
            found.append(f"缺少文件：{path}")
        elif len(content) != one["size"] or hashlib.sha256(content).hexdigest() != one["sha256"]:
            found.append(f"文件已被改动：{path}")
    extra = sorted(files.keys() - listed.keys() - {MANIFEST, SEAL})
    return found + [f"清单以外的文件：{path}" for path in extra]


def main() -> int:
    """Verify the package named on the command line, or the folder of this script."""
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    files = read(place)
    wrong = faults(files)
    for line in wrong:
        print(line)
    if not wrong:
        manifest = json.loads(files[MANIFEST])
        said = f"核验通过：{manifest['reference']} {manifest['title']}"
        print(f"{said}，共 {len(manifest['files'])} 个文件")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
