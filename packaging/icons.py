"""The icon in the forms that Windows and macOS want, made of the PNGs, into build/windows and build/macos.

Both formats hold PNG files as they are (ICO since Windows Vista, ICNS since Mac OS X 10.7), so nothing is drawn here.
"""

import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "resources" / "icons" / "app"
ICO = (16, 24, 32, 48, 64, 128, 256)
ICNS = {b"icp4": 16, b"icp5": 32, b"icp6": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512}


def png(size: int) -> bytes:
    return (PICTURES / f"kingfisher-{size}.png").read_bytes()


def ico() -> bytes:
    """ICONDIR, one ICONDIRENTRY for each picture, then the pictures."""
    pictures = [png(size) for size in ICO]
    at = 6 + 16 * len(pictures)
    entries = b""
    for size, picture in zip(ICO, pictures, strict=True):
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), at)
        at += len(picture)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(pictures)


def icns() -> bytes:
    """A header with the whole length, then type, length and picture of each."""
    body = b"".join(kind + struct.pack(">I", len(png(size)) + 8) + png(size) for kind, size in ICNS.items())
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main() -> None:
    for folder, name, data in (("windows", "kingfisher.ico", ico()), ("macos", "kingfisher.icns", icns())):
        target = ROOT / "build" / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
