"""Pictures for tests, made here: photographs with secrets in them, drawings, ones that move, and bombs."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

SECRET = b"Villa-Rosa-51.4778N"  # stands in everything that is no pixel


def photograph(width: int = 320, height: int = 240, *, turned: int = 1, noise: float = 60) -> bytes:
    """A JPEG with a place, a comment, a profile and XMP in it; its upper left quarter is red."""
    image = Image.effect_noise((width, height), noise).convert("RGB")
    image.paste((220, 30, 30), (0, 0, width // 2, height // 2))
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010E] = SECRET.decode()
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (51.0, 28.0, 40.0)
    place[27] = SECRET
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    return encoded(image, "JPEG", exif=exif, comment=SECRET, icc_profile=profile, xmp=xmp, quality=90)


def drawing(width: int = 120, height: int = 80) -> bytes:
    """A small PNG one can see through, with words beside its pixels."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    image.paste((20, 90, 200, 255), (10, 10, width // 2, height // 2))
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", SECRET.decode())
    told.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return encoded(image, "PNG", pnginfo=told, exif=exif)


def moving(frames: int = 6, side: int = 64, *, noise: bool = False) -> bytes:
    """A GIF that moves, with a comment in it."""
    made = [
        Image.effect_noise((side, side), 90).convert("RGB")
        if noise
        else Image.new("RGB", (side, side), (40 * n % 256, 80, 160))
        for n in range(frames)
    ]
    return encoded(made[0], "GIF", save_all=True, append_images=made[1:], duration=80, loop=0, comment=SECRET)


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of some kilobytes that says it is enormous, and is as far as it goes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes((3 * width + 1) * 20), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def whole_bomb(width: int = 9_000, height: int = 9_000) -> bytes:
    """A PNG in which every one of its 81 million pixels is there."""
    return encoded(Image.new("1", (width, height)), "PNG")


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
