"""The fitting itself: decoded within limits, turned upright, in sRGB, without metadata, and small enough.

Runs in the decoding process only (app.media.worker); what it raises there becomes a code.
"""

import contextlib
import io
import struct
import warnings
from collections.abc import Generator
from typing import Any, Final

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    ImageSequence,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from app.common import errors
from app.media import picture
from app.media.picture import GIF, JPEG, PNG, Frames, Picture, Wanted

FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
SIDES: Final = (1_600, 1_280, 1_024, 800, 640, 480, 320, 240, 160)  # tried one after the other
QUALITIES: Final = (85, 75, 65, 55, 45)
KEPT: Final = 92  # quality where no limit presses
DRAWN: Final = ("PNG", "GIF", "BMP")  # these have sharp edges, which JPEG smears
MILLISECONDS: Final = 100  # of a frame that says nothing

# Named here, so that nothing has to be loaded once nothing can be opened any more.
LOADED: Final = (
    BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, PpmImagePlugin, TiffImagePlugin,
    WebPImagePlugin,
)  # fmt: skip
_SRGB: Final[Any] = vars(ImageCms)["createProfile"]("sRGB")  # a profile, which its stub does not say
# Ours is asked first, for the whole picture. A frame that claims to be larger than that is seen by the library alone,
# which warns above this number and refuses above twice of it, before it allocates any.
Image.MAX_IMAGE_PIXELS = picture.PIXELS // 2
_MISFITS: Final = (
    OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, EOFError, AttributeError, struct.error,
)  # fmt: skip


def fit(octets: bytes, wanted: Wanted) -> Picture:
    """The picture in these octets, made to fit. Raises errors.GiveUp with one of picture.CODES."""
    with _opened(octets) as opened:
        return _fit(opened, wanted)


def frames(octets: bytes) -> Frames:
    """The picture in these octets, to be looked at large. Raises errors.GiveUp with one of picture.CODES."""
    with _opened(octets) as opened:
        return _frames(opened)


@contextlib.contextmanager
def _opened(octets: bytes) -> Generator[Image.Image]:
    """Whatever goes wrong with it becomes one of picture.CODES."""
    if not octets:
        raise errors.GiveUp(picture.EMPTY)
    if len(octets) > picture.OCTETS:
        raise errors.GiveUp(picture.TOO_LARGE)
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # of damaged metadata, of which nothing is kept
            Image.open(io.BytesIO(octets), formats=FORMATS) as opened,
        ):
            yield opened
    except (MemoryError, OverflowError, Image.DecompressionBombError) as error:
        raise errors.GiveUp(picture.TOO_LARGE) from error
    except _MISFITS as error:
        raise errors.GiveUp(picture.UNREADABLE) from error


def _fit(opened: Image.Image, wanted: Wanted) -> Picture:
    drawn = opened.format in DRAWN
    if opened.format in ("JPEG", "MPO"):
        side = SIDES[0] if wanted.octets else picture.SIDE
        opened.draft(None, (side, side))  # what is much larger than it will be is never decoded whole
    if opened.width * opened.height > picture.PIXELS:
        raise errors.GiveUp(picture.TOO_LARGE)
    moves = opened.format == "GIF" and getattr(opened, "is_animated", False)
    if moves and GIF in wanted.kinds:
        found = _moving(opened, wanted)
        if found is not None:
            return found
        opened.seek(0)
    still = _upright(opened)
    smaller = _scaled(still, picture.SIDE)
    made = _drawing(smaller, wanted) if drawn and not moves else None
    kind, octets, size = made or _photograph(smaller, wanted)
    return Picture(kind, octets, *size, 1, _thumbnail(still), stilled=bool(moves))


def _frames(opened: Image.Image) -> Frames:
    """As many as are reasonable, each as large as all."""
    if opened.format in ("JPEG", "MPO"):
        opened.draft(None, (picture.SHOWN_SIDE, picture.SHOWN_SIDE))
    if opened.width * opened.height > picture.PIXELS:
        raise errors.GiveUp(picture.TOO_LARGE)
    if opened.format != "GIF" or not getattr(opened, "is_animated", False):
        still = _scaled(_upright(opened), picture.SHOWN_SIDE)
        return Frames(*still.size, (picture.SHORTEST,), (still.convert("RGBA").convert("RGBa").tobytes(),))
    pauses, pixels, size = list[int](), list[bytes](), (0, 0)
    for frame in ImageSequence.Iterator(opened):
        shown = _scaled(frame.convert("RGBA"), picture.SHOWN_SIDE)
        size = size if pixels else shown.size
        if shown.size != size or len(pixels) == picture.FRAMES or (len(pixels) + 1) * size[0] * size[1] > picture.SHOWN:
            break
        pause = int(frame.info.get("duration", MILLISECONDS)) or MILLISECONDS
        pauses.append(min(picture.LONGEST, max(picture.SHORTEST, pause)))
        pixels.append(shown.convert("RGBa").tobytes())
    return Frames(*size, tuple(pauses), tuple(pixels))


def _moving(opened: Image.Image, wanted: Wanted) -> Picture | None:
    """All frames, encoded anew; None where that is too much."""
    frames: list[Image.Image] = []
    pauses: list[int] = []
    for frame in ImageSequence.Iterator(opened):
        frames.append(_bare(frame.convert("RGBA")))
        pauses.append(int(frame.info.get("duration", MILLISECONDS)))
        pixels = len(frames) * frame.width * frame.height
        if len(frames) > picture.FRAMES or pixels > picture.PIXELS or max(frame.size) > picture.SIDE:
            return None
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=pauses, loop=0, disposal=2)
    octets = out.getvalue()
    if wanted.octets and len(octets) > wanted.octets:
        return None
    with Image.open(io.BytesIO(octets), formats=("GIF",)) as again:
        count = int(getattr(again, "n_frames", 1))
    return Picture(GIF, octets, *frames[0].size, count, _thumbnail(frames[0]))


def _drawing(still: Image.Image, wanted: Wanted) -> tuple[str, bytes, tuple[int, int]] | None:
    """A small PNG stays one; None where it is not small, or may not."""
    octets = _encoded(still, "PNG", optimize=True)
    most = min(picture.SMALL, wanted.octets) if wanted.octets else picture.SMALL
    return (PNG, octets, still.size) if PNG in wanted.kinds and len(octets) <= most else None


def _photograph(still: Image.Image, wanted: Wanted) -> tuple[str, bytes, tuple[int, int]]:
    """The best JPEG that fits."""
    if JPEG not in wanted.kinds:
        raise errors.GiveUp(picture.DOES_NOT_FIT)
    flat = _flat(still)
    if not wanted.octets:
        return JPEG, _jpeg(flat, KEPT), flat.size
    for side in SIDES:
        if side >= max(flat.size) and side != SIDES[0]:
            continue  # the same size again
        tried = _scaled(flat, side)
        worst = _jpeg(tried, QUALITIES[-1])
        if len(worst) <= wanted.octets:
            better = (_jpeg(tried, quality) for quality in QUALITIES[:-1])
            return JPEG, next((each for each in better if len(each) <= wanted.octets), worst), tried.size
    raise errors.GiveUp(picture.DOES_NOT_FIT)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """Baseline, which every phone can read."""
    return _encoded(image, "JPEG", quality=quality, optimize=True, progressive=False, subsampling="4:2:0")


def _upright(opened: Image.Image) -> Image.Image:
    """Decoded, turned as its metadata says, in sRGB; and from here on without any of it."""
    profile = opened.info.get("icc_profile")
    turned = ImageOps.exif_transpose(opened)
    if turned.mode in ("I", "F") or turned.mode.startswith("I;"):
        turned = Image.eval(turned.convert("I"), lambda value: value * (1 / 256)).convert("L")
    if isinstance(profile, bytes) and profile and turned.mode in ("RGB", "CMYK", "L"):
        turned = _in_srgb(turned, profile)
    see_through = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
    return _bare(turned.convert("RGBA" if see_through else "RGB"))


def _in_srgb(turned: Image.Image, profile: bytes) -> Image.Image:
    """By the profile it has, as far as that is one."""
    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(turned, found, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, *_MISFITS):
        return turned
    return turned if made is None else made


def _bare(image: Image.Image) -> Image.Image:
    """Only its pixels: an encoder would take comments and profiles along."""
    image = image.copy()
    image.info = {}
    return image


def _flat(image: Image.Image) -> Image.Image:
    """On white, where one could see through it."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _scaled(image: Image.Image, side: int) -> Image.Image:
    """With its longer side at most so many pixels."""
    longest = max(image.size)
    if longest <= side:
        return image
    return ImageOps.contain(image.reduce(max(1, longest // (3 * side))), (side, side), Image.Resampling.LANCZOS)


def _thumbnail(image: Image.Image) -> bytes:
    return _encoded(_scaled(_flat(image), picture.THUMBNAIL), "JPEG", quality=80, progressive=False)


def _encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()
