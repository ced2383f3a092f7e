"""The fitting: what comes out is upright, small enough, and nothing but pixels; what is none is refused with a code."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from app.common import errors
from app.media import fitting, picture
from app.media.picture import GIF, JPEG, PNG, Wanted
from tests.media import samples
from tests.parts.examples import examples


def opened(octets: bytes) -> Image.Image:
    return Image.open(io.BytesIO(octets))


def colour(image: Image.Image, at: tuple[int, int]) -> tuple[int, int, int]:
    found = image.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return int(found[0]), int(found[1]), int(found[2])


def code_of(octets: bytes, wanted: Wanted | None = None) -> str:
    with pytest.raises(errors.GiveUp) as caught:
        fitting.fit(octets, wanted or Wanted(300_000))
    return caught.value.code


@pytest.mark.parametrize("limit", [0, 210_000, 30_000])
@pytest.mark.parametrize("made", [samples.photograph(), samples.drawing(), samples.moving()])
def test_nothing_but_pixels_is_left(made: bytes, limit: int) -> None:
    assert samples.SECRET in made
    found = fitting.fit(made, Wanted(limit))
    for octets in (found.octets, found.thumbnail):
        assert samples.SECRET not in octets
        assert not any(mark in octets for mark in (b"Exif", b"eXIf", b"http://ns.adobe.com", b"ICC_PROFILE", b"tEXt"))
        assert not opened(octets).getexif()
    assert not limit or len(found.octets) <= limit


def test_the_place_is_gone_on_the_bytes() -> None:
    """Segment by segment: a JPEG of ours has no other application segment than JFIF's own, and no comment."""
    octets = fitting.fit(samples.photograph(800, 600), Wanted(210_000)).octets
    at, seen = 2, list[int]()
    while octets[at + 1] != 0xDA:
        seen.append(octets[at + 1])
        at += 2 + int.from_bytes(octets[at + 2 : at + 4])
    assert 0xFE not in seen and [each for each in seen if 0xE0 <= each <= 0xEF] == [0xE0]
    assert 0xC0 in seen and 0xC2 not in seen, "baseline, not progressive"


@pytest.mark.parametrize(
    ("turned", "corner"), [(1, (0, 0)), (3, (1, 1)), (6, (1, 0)), (8, (0, 1)), (2, (1, 0)), (5, (0, 0))]
)
def test_it_stands_upright(turned: int, corner: tuple[int, int]) -> None:
    found = fitting.fit(samples.photograph(400, 200, turned=turned, noise=5), Wanted(100_000))
    image = opened(found.octets).convert("RGB")
    assert (image.size == (200, 400)) is (turned in (5, 6, 8)) and image.size == (found.width, found.height)
    at = (image.width // 8 + corner[0] * image.width * 3 // 4, image.height // 8 + corner[1] * image.height * 3 // 4)
    red, green, _ = colour(image, at)
    assert red > 180 and green < 80


def test_colours_are_those_of_the_profile() -> None:
    """In a profile with its channels' lightness doubled, the same numbers are another colour."""
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    lab = Image.new("CMYK", (40, 40), (0, 200, 200, 30))
    assert opened(fitting.fit(samples.encoded(lab, "JPEG"), Wanted(50_000)).octets).mode == "RGB"
    same = samples.encoded(Image.new("RGB", (40, 40), (10, 120, 200)), "PNG", icc_profile=linear.tobytes())
    found = opened(fitting.fit(same, Wanted(50_000)).octets)
    assert max(abs(a - b) for a, b in zip(colour(found, (20, 20)), (10, 120, 200), strict=True)) <= 2


def test_sixteen_bits_are_not_white() -> None:
    grey = Image.new("I;16", (30, 30), 0x4000)
    value = opened(fitting.fit(samples.encoded(grey, "PNG"), Wanted(50_000)).octets).convert("L").getpixel((5, 5))
    assert value in range(0x3E, 0x43)


def test_a_photograph_is_made_smaller_until_it_fits() -> None:
    large = samples.photograph(1_100, 800)
    sizes = [fitting.fit(large, Wanted(limit)) for limit in (150_000, 40_000, 12_000)]
    assert all(each.kind == JPEG for each in sizes)
    assert sizes[0].width > sizes[1].width > sizes[2].width
    assert max(sizes[0].width, sizes[0].height) <= fitting.SIDES[0]


def test_a_small_drawing_stays_one_and_other_kinds_become_jpeg() -> None:
    assert fitting.fit(samples.drawing(), Wanted(210_000)).kind == PNG
    assert fitting.fit(samples.drawing(), Wanted(210_000, (JPEG,))).kind == JPEG
    assert fitting.fit(samples.encoded(Image.new("RGB", (90, 90), "green"), "WEBP"), Wanted(210_000)).kind == JPEG
    noise = Image.effect_noise((400, 400), 90).convert("RGB")
    assert fitting.fit(samples.encoded(noise, "PNG"), Wanted(210_000)).kind == JPEG


def test_what_moves_goes_on_moving_where_it_fits() -> None:
    found = fitting.fit(samples.moving(), Wanted(210_000))
    assert (found.kind, found.frames, found.stilled) == (GIF, 6, False)
    assert getattr(opened(found.octets), "n_frames", 1) == 6
    large = fitting.fit(samples.moving(12, 256, noise=True), Wanted(60_000))
    assert (large.kind, large.frames, large.stilled) == (JPEG, 1, True)
    assert fitting.fit(samples.moving(), Wanted(210_000, (JPEG, PNG))).stilled


def test_over_the_limit_after_all_steps() -> None:
    assert code_of(samples.photograph(900, 700), Wanted(400)) == picture.DOES_NOT_FIT
    assert code_of(samples.drawing(), Wanted(210_000, (GIF,))) == picture.DOES_NOT_FIT


def test_what_is_no_picture() -> None:
    assert code_of(b"") == picture.EMPTY
    whole = samples.photograph()
    page = b"<html><img src=x></html>"
    for octets in (page, b"GIF89a", b"\xff\xd8\xff\xe0", b"\0" * 4_096, whole[:200], b"%PDF-1.7\n"):
        assert code_of(octets) == picture.UNREADABLE, octets[:12]
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>"
    assert code_of(svg) == picture.UNREADABLE


def test_a_picture_under_a_wrong_name_is_what_it_is() -> None:
    """Nobody asks what it was called: the bytes decide."""
    assert fitting.fit(samples.encoded(Image.new("L", (9, 9)), "GIF"), Wanted(0, (PNG, JPEG))).kind in (PNG, JPEG)


def test_enormous_ones_are_refused_before_they_are_decoded() -> None:
    assert code_of(samples.bomb()) == picture.TOO_LARGE
    assert code_of(samples.whole_bomb()) == picture.TOO_LARGE


def test_a_frame_that_claims_more_than_its_picture_is_refused_before_it_is_decoded() -> None:
    octets = bytearray(samples.moving(2, 8))
    second = octets.rindex(b"\x2c\0\0\0\0\x08\0\x08\0")
    octets[second + 5 : second + 9] = b"\x40\x9c\x40\x9c"  # 40,000 each way
    assert code_of(bytes(octets)) == picture.TOO_LARGE
    with pytest.raises(errors.GiveUp, match=picture.TOO_LARGE):
        fitting.frames(bytes(octets))


@settings(max_examples=examples(60), deadline=None)
@given(
    st.sampled_from([samples.photograph(64, 48), samples.drawing(32, 24), samples.moving(3, 16)]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    st.integers(0, 10_000),
    st.sampled_from([0, 5_000, 900]),
)
def test_damaged_ones_are_refused_with_a_code_or_fitted(
    whole: bytes, flips: list[tuple[int, int]], cut: int, limit: int
) -> None:
    damaged = bytearray(whole)
    for at, value in flips:
        damaged[at % len(damaged)] = value
    code = ""
    try:
        found = fitting.fit(bytes(damaged[: cut or None]), Wanted(limit)).check(Wanted(limit))
        assert samples.SECRET not in found.octets + found.thumbnail
    except errors.GiveUp as error:
        code = error.code
    assert not code or code in picture.CODES
