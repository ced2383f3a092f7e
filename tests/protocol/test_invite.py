"""Invite links and relay addresses."""

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import invite
from tests.parts.examples import examples

GOOD = invite.Invite(
    b"k" * 32, ("https://relay.example.com:8443", "https://192.0.2.1:8443"), b"s" * 32, b"i" * 32, "Alice"
)


def fragment(value: object) -> str:
    return "kingfisher:#" + base64.urlsafe_b64encode(msgspec.msgpack.encode(value)).decode().rstrip("=")


def test_a_link_holds_everything_in_its_fragment() -> None:
    link = invite.link(GOOD)
    assert link.startswith("https://relay.example.com:8443/join#")
    assert invite.parse(f" {link}\n") == GOOD
    assert invite.parse("kingfisher:#" + link.partition("#")[2]) == GOOD


@settings(max_examples=examples(30))
@given(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=32),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=60),
)
def test_any_invite_comes_back(key: bytes, secret: bytes, name: str) -> None:
    one = invite.Invite(key, ("https://relay.example.com",), secret, b"", name)
    assert invite.parse(invite.link(one)) == one


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://relay.example.com/join",
        "https://relay.example.com/join#",
        "ftp" + invite.link(GOOD)[5:],
        "javascript:#" + invite.link(GOOD).partition("#")[2],
        invite.link(GOOD)[:-3],
        invite.link(GOOD) + "AAAA",
        invite.link(GOOD) + "!",
        invite.link(GOOD) + "é",
        "kingfisher:#AAAA",
        "kingfisher:#" + "A" * invite.LONGEST,
        "https://[broken#AAAA",
        fragment((b"k" * 31, ("https://relay.example.com",))),
        fragment((b"k" * 32, ())),
        fragment((b"k" * 32, ("https://relay.example.com",) * 17)),
        fragment((b"k" * 32, ("https://" + "a" * 300,))),
        fragment((b"k" * 32, ("https://relay.example.com",), b"s" * 33)),
        fragment((b"k" * 32, ("https://relay.example.com",), b"", b"", "x" * 129)),
        fragment({"relay_public": b"k" * 32}),
        fragment([[[[[]]]]]),
    ],
)
def test_what_is_no_invite(text: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_invite"):
        invite.parse(text)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://relay.example.com", "https://relay.example.com"),
        (" HTTPS://Relay.Example.com/ ", "https://relay.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://relay.local:1", "https://relay.local:1"),
    ],
)
def test_relay_addresses(text: str, normal: str) -> None:
    assert invite.check_url(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "relay.example.com",
        "https://",
        "https:///join",
        "ws://relay.example.com",
        "file:///etc/passwd",
        "https://relay.example.com/path",
        "https://relay.example.com?x=1",
        "https://relay.example.com#x",
        "https://alice@relay.example.com",
        "https://alice:secret@relay.example.com",
        "https://relay.example.com:65536",
        "https://relay.example.com:x",
        "https://[::1",
        "https://relay example.com",
        "https://relay.example.com\\@evil.example",
    ],
)
def test_what_is_no_relay_address(text: str) -> None:
    with pytest.raises(errors.Malformed, match="bad_relay"):
        invite.check_url(text)


def test_an_invite_to_a_wrong_address_is_refused() -> None:
    with pytest.raises(errors.Malformed, match="bad_relay"):
        invite.parse(fragment((b"k" * 32, ("https://relay.example.com", "https://alice:x@relay.example.com"))))
