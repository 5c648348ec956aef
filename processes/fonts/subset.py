"""Make the committed fonts again (developers only; needs fontTools from the test extra).

Sources: Noto Sans SC static TrueType as in the npm package @expo-google-fonts/noto-sans-sc 0.4.3,
LXGW WenKai as in Debian's fonts-lxgw-wenkai; both under the SIL Open Font License 1.1, whose
texts lie beside the fonts. A subset is a modified version, so it carries a name of its own.

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && tar xzf expo-google-fonts-*.tgz
    python processes/fonts/subset.py package /usr/share/fonts/truetype/lxgw-wenkai
"""

import sys
from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

_SYMBOLS: Final = (
    (0x20, 0x17F),
    (0x2000, 0x206F),
    (0x20A0, 0x20CF),
    (0x2100, 0x22FF),
    (0x2460, 0x25FF),
    (0x2600, 0x26FF),
    (0x3000, 0x303F),
    (0x3040, 0x30FF),
    (0x3200, 0x33FF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
)
_IDEOGRAPHS: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF))


def main(noto: Path, wenkai: Path) -> None:
    """Write the three fonts beside this script."""
    here = Path(__file__).parent
    symbols = {code for first, last in _SYMBOLS for code in range(first, last + 1)}
    regular = symbols | _encodable("gbk")
    _write(noto / "400Regular/NotoSansSC_400Regular.ttf", regular, here, "BanliSans-Regular")
    bold = symbols | _encodable("gb2312")
    _write(noto / "700Bold/NotoSansSC_700Bold.ttf", bold, here, "BanliSans-Bold")
    rare = {code for first, last in _IDEOGRAPHS for code in range(first, last + 1)} - regular
    _write(wenkai / "LXGWWenKai-Regular.ttf", rare | {0x20}, here, "BanliRare-Regular")


def _encodable(codec: str) -> set[int]:
    found = set()
    for code in range(0x4E00, 0xA000):
        try:
            chr(code).encode(codec)
        except UnicodeEncodeError:
            continue
        found.add(code)
    return found


def _write(source: Path, codes: set[int], folder: Path, name: str) -> None:
    font = TTFont(source)
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "VORG", "BASE", "DSIG"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes & set(font.getBestCmap()))
    subsetter.subset(font)
    family = name.partition("-")[0]
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = family if record.nameID == 1 else name
    target = folder / f"{name}.ttf"
    font["head"].modified = font["head"].created  # the same input gives the same bytes
    font.recalcTimestamp = False
    font.save(target)
    size = target.stat().st_size >> 10
    sys.stdout.write(f"{target.name}: {len(font.getBestCmap())} characters, {size} KiB\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
