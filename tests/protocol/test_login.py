"""Signed objects, Hello and login: each name in what is signed counts, and no two uses share their bytes."""

import hashlib
from dataclasses import dataclass, replace

import msgspec
import pytest

from app.common import errors, ids
from app.protocol import limits, login, signed
from app.protocol.signed import Context, Signed

SEED = b"relay key".ljust(32)
PUBLIC = signed.public_of(SEED)
RELAY = signed.relay_id(PUBLIC)
LEAF = b"L" * 32
NOW = 1_800_000_000_000
URLS = ("https://relay.example.com", "https://relay.local:8443")


def hello(seed: bytes = SEED, **changes: object) -> Signed:
    body = login.HelloBody(Context.HELLO.value, PUBLIC, (b"K" * 32, LEAF), URLS, NOW, NOW + limits.HELLO)
    return signed.sign(seed, signed.encode(msgspec.structs.replace(body, **changes)))


def test_hello() -> None:
    item = login.make_hello(SEED, (LEAF,), URLS, NOW)
    for pinned in (None, RELAY):
        for now in (NOW - limits.DAY, NOW, NOW + limits.HELLO):
            relay, body = login.verify_hello(item, LEAF, now, pinned)
            assert (relay, body.urls, body.leaves) == (RELAY, URLS, (LEAF,))


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (hello(context=Context.LOGIN.value), "wrong_context"),
        (hello(seed=b"x" * 32), "another_relay"),
        (hello(seed=b"x" * 32, relay_public=signed.public_of(b"x" * 32)), "another_relay"),
        (hello(leaves=(b"K" * 32,)), "wrong_certificate"),
        (hello(leaves=()), "malformed"),
        (hello(leaves=(LEAF,) * 9), "malformed"),
        (hello(urls=("https://a",) * 17), "malformed"),
        (hello(urls=("a" * 301,)), "malformed"),
        (hello(expires=NOW - 1), "hello_expired"),
        (Signed(hello().body, PUBLIC, bytes(64)), "bad_signature"),
        (Signed(hello().body + b"\x00", PUBLIC, hello().signature), "bad_signature"),
        (signed.sign(SEED, hello().body + b"\x00"), "malformed"),
        (signed.sign(SEED, bytes(limits.LIST + 1)), "too_large"),
    ],
)
def test_a_hello_that_proves_nothing(item: Signed, code: str) -> None:
    with pytest.raises(errors.GiveUp) as caught:
        login.verify_hello(item, LEAF, NOW, ids.RelayId(RELAY))
    assert caught.value.code == code


def test_the_signer_is_held_to_the_body_even_where_nothing_is_pinned() -> None:
    with pytest.raises(errors.Untrusted, match="another_relay"):
        login.verify_hello(hello(seed=b"x" * 32), LEAF, NOW, None)


@dataclass(frozen=True)
class Login:
    relay: bytes = RELAY
    leaf: bytes = LEAF
    nonce: bytes = b"N" * 32
    device: bytes = b"D" * 16
    counter: int = 1
    start: bytes = b"S" * 16

    def text(self) -> bytes:
        return login.login_bytes(self.relay, self.leaf, self.nonce, self.device, self.counter, self.start)


def test_every_name_counts_in_a_login() -> None:
    variants = [
        Login(),
        Login(relay=b"r" * 32),
        Login(leaf=login.PLAIN_LEAF),
        Login(nonce=b"n" * 32),
        Login(device=b"d" * 16),
        replace(Login(), counter=2),
        Login(start=b"s" * 16),
    ]
    assert len({variant.text() for variant in variants}) == len(variants)
    assert all(Context.LOGIN.encode() in variant.text()[:20] for variant in variants)


def test_every_name_counts_in_a_registration() -> None:
    texts = {
        login.register_bytes(*names)
        for names in (
            (RELAY, b"a" * 32, "alice@example.com", b"", b"l" * 32),
            (b"r" * 32, b"a" * 32, "alice@example.com", b"", b"l" * 32),
            (RELAY, b"b" * 32, "alice@example.com", b"", b"l" * 32),
            (RELAY, b"a" * 32, "bob@example.com", b"", b"l" * 32),
            (RELAY, b"a" * 32, "alice@example.com", b"secret", b"l" * 32),
            (RELAY, b"a" * 32, "alice@example.com", b"", b"m" * 32),
        )
    }
    assert len(texts) == 6


def test_ids_are_the_documented_hashes() -> None:
    assert signed.account_id(b"p" * 32) == hashlib.sha256(b"kf/account/1" + b"p" * 32).digest()
    assert signed.relay_id(b"p" * 32) == hashlib.sha256(b"kf/relay/1" + b"p" * 32).digest()
    expected = hashlib.sha256(b"kf/submit/1" + b"m" * 16 + b"r" * 32 + b"\x00\x00\x00\x02").digest()[:16]
    assert signed.submit_id(b"m" * 16, b"r" * 32, 2) == expected


def test_no_two_uses_share_a_context() -> None:
    assert len({context.value for context in Context}) == len(Context)
    assert all(context.value.startswith("kf/") for context in Context)


def test_ed25519_is_the_published_one() -> None:
    """RFC 8032, section 7.1, test 2."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert signed.public_of(seed) == public
    assert signed.sign_bytes(seed, b"\x72") == signature
    signed.check(public, b"\x72", signature)
    for bad in (
        (public, b"\x73", signature),
        (bytes(32), b"\x72", signature),
        (b"", b"\x72", signature),
        (public, b"\x72", b""),
    ):
        with pytest.raises(errors.Untrusted, match="bad_signature"):
            signed.check(*bad)


def test_a_signed_object_is_kept_as_it_came() -> None:
    item = hello()
    assert signed.unpack(signed.pack(item)) == item
    assert item.digest == hashlib.sha256(item.body).digest()
    with pytest.raises(errors.Broken, match="damaged"):
        signed.unpack(b"\x93\x01\x02\x03")
