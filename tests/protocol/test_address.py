"""Addresses: one normal form, whatever was typed, and nothing that only looks like one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.common import errors
from app.protocol import address, limits
from app.protocol.address import Kind


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("alice@example.com", "alice@example.com"),
        ("  Alice@Example.COM ", "alice@example.com"),
        ("alice+news@example.com", "alice+news@example.com"),
        ("a.b-c_d@sub.example.com", "a.b-c_d@sub.example.com"),
        ("alice@bücher.example", "alice@xn--bcher-kva.example"),
        ("alice@BÜCHER.example", "alice@xn--bcher-kva.example"),
        ("alice@xn--bcher-kva.example", "alice@xn--bcher-kva.example"),
        ("alice@straße.example", "alice@xn--strae-oqa.example"),
        ("alice@faß.example", "alice@xn--fa-hia.example"),
        ("alice@例え.example", "alice@xn--r8jz45g.example"),
        ("alice@example。com", "alice@example.com"),
        ("alice@ｅｘａｍｐｌｅ.com", "alice@example.com"),
    ],
)
def test_mail_addresses(typed: str, normal: str) -> None:
    assert address.parse(typed) == address.Address(Kind.EMAIL, normal)


@pytest.mark.parametrize(
    ("typed", "region", "normal"),
    [
        ("+12025550101", None, "+12025550101"),
        ("+1 (202) 555-0101", None, "+12025550101"),
        ("(202) 555-0101", "US", "+12025550101"),
        ("202-555-0101", "US", "+12025550101"),
        ("00 1 202 555 0101", "DE", "+12025550101"),
        ("+1 202 555 0101", "DE", "+12025550101"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("＋１２０２５５５０１０１", None, "+12025550101"),
    ],
)
def test_numbers(typed: str, region: str | None, normal: str) -> None:
    assert address.parse(typed, region) == address.Address(Kind.PHONE, normal)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "alice",
        "@example.com",
        "alice@",
        "alice@localhost",
        "alice@.com",
        "alice@example..com",
        ".alice@example.com",
        "alice.@example.com",
        "al..ice@example.com",
        "al ice@example.com",
        "alice@exam ple.com",
        "alice@bob@example.com",
        '"alice"@example.com',
        "alice@[192.0.2.1]",
        "alice@-example.com",
        "ali\u0000ce@example.com",
        "alice\u202e@example.com",
        "alice\u200b@example.com",
        "\u0430lice@example.com",
        "alicé@example.com",
        "alice@xn--a.example",
        "alice@exa\u0301\u0345\u0345mple\u2028.com",
        "a" * 65 + "@example.com",
        "alice@" + "a" * 64 + ".com",
        "alice@" + ".".join(["a" * 61] * 4) + ".com",
        "2025550101",
        "+",
        "+1",
        "+999123456789",
        "+1 202 555 0101 ext. 5",
        "+120255501010101010101",
        "0" * 255,
        "call me",
    ],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_address"):
        address.parse(typed)


@pytest.mark.parametrize(
    "text",
    [
        "Alice@example.com",
        "alice@EXAMPLE.com",
        " alice@example.com",
        "alice@bücher.example",
        "+1 2025550101",
        "(202) 555",
    ],
)
def test_the_wire_takes_only_the_normal_form(text: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_address"):
        address.normal(text)


def test_the_longest_mail_address() -> None:
    rest = limits.ADDRESS - len("@.com") - 64
    labels = ".".join(["b" * 60, "c" * 60, "d" * (rest - 122)])
    longest = "a" * 64 + "@" + labels + ".com"
    assert len(longest) == limits.ADDRESS
    assert address.normal(longest).text == longest
    with pytest.raises(errors.Malformed, match="bad_address"):
        address.parse("a" * 64 + "@" + labels + "d.com")


@given(st.one_of(st.text(max_size=80), st.from_regex(r"[^@\s]{1,20}@[^@\s]{1,20}\.[a-z]{2,6}", fullmatch=True)))
@example("ß@ẞ.example")
@example("alice@\u0130.example")
@example("alice@a\u03c2.example")
def test_a_normal_form_is_its_own(typed: str) -> None:
    try:
        found = address.parse(typed)
    except errors.Malformed:
        return
    assert address.normal(found.text) == found
    assert found.text.isascii()
    assert str(found) == found.text


@given(st.integers(0, 99))
def test_any_way_to_write_a_number_is_the_same(last: int) -> None:
    written = {f"+1 202 555 01{last:02}", f"+1(202)555.01{last:02}", f"tel:+1-202-555-01{last:02}"}
    assert {address.parse(text).text for text in written} == {f"+120255501{last:02}"}
