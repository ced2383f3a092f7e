"""Segments of a text message: vectors by another calculator, and what must hold for any text."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import segments
from app.protocol.segments import Alphabet, Concatenation, Encoding
from tests.parts.examples import examples

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors/sms_segments.json").read_text("utf-8"))
GSM_CHARS = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€"
)
SEPTETS = st.text(st.sampled_from(GSM_CHARS), max_size=700)
ANYTHING = st.text(
    st.one_of(st.sampled_from(GSM_CHARS), st.sampled_from("я漢😀𝄞`ç\t"), st.characters(codec="utf-16")), max_size=400
)
TEXTS = st.one_of(SEPTETS, ANYTHING)


def packed(septets: bytes, fill: int = 0) -> bytes:
    """Eight septets in seven octets, least significant bit first, after ``fill`` empty bits (23.038, 6.1.2.1)."""
    bits = sum(septet << (fill + 7 * at) for at, septet in enumerate(septets))
    return bits.to_bytes((fill + 7 * len(septets) + 7) // 8, "little")


def cost(text: str, encoding: Encoding) -> int:
    return len(segments.encode(text, encoding)) // (2 if encoding is Encoding.UCS_2 else 1)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_vectors(vector: dict[str, Any]) -> None:
    made = segments.plan(vector["text"])
    assert (made.encoding, len(made.segments)) == (vector["encoding"], vector["segments"])
    bits = 7 if made.encoding is Encoding.GSM_7 else 16
    assert made.units == sum(vector["bits_per_segment"]) // bits
    if vector["name"] != "flag x18":  # which the calculator keeps whole at a boundary
        assert [cost(part, made.encoding) * bits for part in made.segments] == vector["bits_per_segment"]


def test_there_are_32_vectors() -> None:
    assert len({vector["name"] for vector in VECTORS}) == 32


def test_the_table_is_that_of_the_standard() -> None:
    assert packed(segments.encode("hellohello", Encoding.GSM_7)).hex().upper() == "E8329BFD4697D9EC37"
    assert segments.encode("@Δ€ñà", Encoding.GSM_7) == bytes((0x00, 0x10, 0x1B, 0x65, 0x7D, 0x7F))
    assert len(GSM_CHARS) == 127 + 10


@settings(max_examples=examples(150))
@given(TEXTS)
def test_the_parts_are_the_text_and_so_are_their_octets(text: str) -> None:
    made = segments.plan(text)
    assert "".join(made.segments) == text
    alphabet = Alphabet.GSM if made.encoding is Encoding.GSM_7 else Alphabet.UCS_2
    joined = b"".join(segments.encode(part, made.encoding) for part in made.segments)
    assert segments.decode(joined, alphabet) == text
    # each part alone decodes too, so no character is cut in two
    assert [segments.decode(segments.encode(part, made.encoding), alphabet) for part in made.segments] == [
        *made.segments
    ]


@settings(max_examples=examples(150))
@given(TEXTS)
def test_every_part_fits_on_the_air_and_none_is_wasted(text: str) -> None:
    made = segments.plan(text)
    whole = segments.encode(text, made.encoding)
    on_air = packed(whole) if made.encoding is Encoding.GSM_7 else whole
    assert (len(made.segments) == 1) == (len(on_air) <= 140)
    each = 153 if made.encoding is Encoding.GSM_7 else 67
    for at, part in enumerate(made.segments):
        octets = segments.encode(part, made.encoding)
        if len(made.segments) == 1:
            continue
        # a header of 6 octets is 48 bits, and one bit of filling brings the septets to a septet's boundary
        user_data = packed(octets, 1) if made.encoding is Encoding.GSM_7 else octets
        assert 6 + len(user_data) <= 140
        if at + 1 < len(made.segments):
            assert cost(part + made.segments[at + 1][0], made.encoding) > each, "the next character had no room"
    assert made.used == cost(made.segments[-1], made.encoding) <= made.room
    assert made.units == cost(text, made.encoding)
    assert made.left == made.room - made.used


@settings(max_examples=examples(100))
@given(st.text(max_size=200))
def test_seven_bits_only_where_every_character_has_them(text: str) -> None:
    assert (segments.plan(text).encoding is Encoding.GSM_7) == all(char in GSM_CHARS for char in text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\ud83d", "a\ufffd"),
        ("\ude00b", "\ufffdb"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("я" * 66 + "\ud83d" + "я", "я" * 66 + "\ufffdя"),
    ],
)
def test_surrogates_from_a_widget_do_no_harm(text: str, clean: str) -> None:
    made = segments.plan(text)
    assert made.encoding is Encoding.UCS_2
    assert "".join(made.segments) == clean
    assert segments.encode(text, Encoding.UCS_2) == clean.encode("utf-16-be")


def test_any_string_python_can_hold_has_a_plan() -> None:
    made = segments.plan("".join(map(chr, range(0xD7F0, 0xE010))))
    assert "\ufffd" in "".join(made.segments)


def test_an_empty_text_is_one_empty_segment() -> None:
    assert segments.plan("") == segments.Plan(Encoding.GSM_7, ("",), 0, 0, 160)


def test_ten_go_out_and_eleven_do_not() -> None:
    assert segments.plan("a" * 1530).fits
    assert not segments.plan("a" * 1531).fits
    assert segments.plan("я" * 670).fits
    assert not segments.plan("я" * 671).fits


def test_a_gateway_of_latin_letters_changes_the_count_and_says_so() -> None:
    assert segments.plan("naïve", Alphabet.LATIN_1).encoding is Encoding.UCS_2
    assert segments.plan("50 €").encoding is Encoding.GSM_7
    assert segments.plan("50 €", Alphabet.LATIN_1).encoding is Encoding.UCS_2
    assert segments.plan("{à}" * 40, Alphabet.LATIN_1) == segments.plan("{à}" * 40)


def test_typographic_marks_have_plain_ones_to_offer() -> None:
    text = "“Don’t” – he said… no\u00a0more"
    plain = segments.substitutes(text)
    assert plain == '"Don\'t" - he said... no more'
    assert segments.plan(text).encoding is Encoding.UCS_2
    assert segments.plan(plain).encoding is Encoding.GSM_7


@settings(max_examples=examples(50))
@given(TEXTS)
def test_substitution_leaves_seven_bit_texts_alone_and_is_done_once(text: str) -> None:
    plain = segments.substitutes(text)
    assert segments.substitutes(plain) == plain
    if segments.plan(text).encoding is Encoding.GSM_7:
        assert plain == text


def test_text_that_is_not_seven_bit_is_not_bent_to_it() -> None:
    with pytest.raises(errors.Malformed, match="not_gsm"):
        segments.encode("я", Encoding.GSM_7)


def test_a_part_that_cannot_be_is_a_bug() -> None:
    for total, sequence in ((0, 0), (2, 3), (256, 1)):
        with pytest.raises(errors.Broken, match="bad_part"):
            segments.concatenation_header(1, total, sequence)


@settings(max_examples=examples(100))
@given(st.integers(0, 70_000), st.integers(2, 255), st.data())
def test_a_header_comes_back(reference: int, total: int, data: st.DataObject) -> None:
    sequence = data.draw(st.integers(1, total))
    octets = segments.concatenation_header(reference, total, sequence) + b"rest"
    parted = segments.split_header(octets)
    assert parted.octets == b"rest"
    assert segments.concatenation(parted.elements) == Concatenation(8, reference % 256, total, sequence)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("050003070201", Concatenation(8, 7, 2, 1)),
        ("0608040102ff03", Concatenation(16, 0x0102, 255, 3)),
        ("08240101000307ff02", Concatenation(8, 7, 255, 2)),  # another element first
        ("0a00030102010003020301", Concatenation(8, 2, 3, 1)),  # repeated: the last one counts
        ("050003070001", None),  # no parts at all
        ("050003070203", None),  # the third of two
        ("050003070200", None),  # parts count from one
        ("050003070101", None),  # whole in itself
        ("0400020702", None),  # an element of the wrong size
        ("03240101", None),
        ("00", None),
    ],
)
def test_headers(header: str, expected: Concatenation | None) -> None:
    assert segments.concatenation(segments.split_header(bytes.fromhex(header) + b"x").elements) == expected


@pytest.mark.parametrize("octets", ["", "05", "0500030702", "ff000307020161", "0300030702", "0100ff", "020005ff"])
def test_a_header_that_lies_about_its_length_is_refused(octets: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_header"):
        segments.split_header(bytes.fromhex(octets))


@settings(max_examples=examples(200))
@given(st.binary(max_size=200))
def test_no_octets_upset_the_reader_of_headers(octets: bytes) -> None:
    try:
        parted = segments.split_header(octets)
    except errors.Malformed:
        return
    length = sum(2 + len(value) for _, value in parted.elements)
    assert octets[0] == length
    assert octets.endswith(parted.octets)
    assert len(octets) == 1 + length + len(parted.octets)


@settings(max_examples=examples(200))
@given(st.binary(max_size=200), st.integers(0, 255))
def test_no_octets_upset_the_decoder(octets: bytes, data_coding: int) -> None:
    text = segments.decode(octets, segments.alphabet_of(data_coding))
    assert len(text) <= len(octets)
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1be", "€"),
        (b"\x1bA", "A"),  # not in the extension: the letter of the default table
        (b"\x1b\x1bB", " B"),
        (b"C\x1b", "C"),
        (b"\x00\xe9", "@\ufffd"),
    ],
)
def test_septets_without_meaning(octets: bytes, text: str) -> None:
    assert segments.decode(octets, Alphabet.GSM) == text


def test_a_national_table_falls_back_to_the_default_one() -> None:
    parted = segments.split_header(bytes.fromhex("03240101") + segments.encode("Grüße", Encoding.GSM_7))
    assert segments.decode(parted.octets, Alphabet.GSM) == "Grüße"


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0x00, b"\x00", "@"),
        (0x01, b"@", "@"),
        (0x03, b"\xe9", "é"),
        (0x04, b"ok\x00", "ok\ufffd"),
        (0x05, b"\x82\xa0", "あ"),
        (0x06, b"\xd0", "а"),
        (0x07, b"\xe0", "א"),
        (0x08, b"\x04\x4f", "я"),
        (0x08, b"\x04\x4f\x04", "я\ufffd"),
        (0x08, b"\xd8\x3d", "\ufffd"),
        (0x0E, b"\xb0\xa1", "가"),
        (0x10, b"\x00", "@"),
        (0x18, b"\x04\x4f", "я"),
        (0xC8, b"\x00", "@"),
        (0xE0, b"\x04\x4f", "я"),
        (0xF1, b"f\x02", "f$"),
        (0xF5, b"\x00", "\ufffd"),
    ],
)
def test_data_codings(data_coding: int, octets: bytes, text: str) -> None:
    assert segments.decode(octets, segments.alphabet_of(data_coding)) == text


def test_data_coding_0_is_what_the_gateway_says() -> None:
    assert segments.decode(b"\xe9@", segments.alphabet_of(0, Alphabet.LATIN_1)) == "é@"
