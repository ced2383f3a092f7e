"""The people, keys and signed objects of the seeds: all of them fixed, so that a crasher found today fails tomorrow."""

import hashlib
from typing import Any

import msgspec

from app.protocol import devices, frames, login, requests, signed, texts

NOW = 1_800_000_000_000
RELAY_SEED = b"R" * 32
ROOT_SEED = b"A" * 32
DEVICE_SEEDS = (b"1" * 32, b"2" * 32)
STRANGER_SEED = b"S" * 32
SIGNERS = (ROOT_SEED, *DEVICE_SEEDS, STRANGER_SEED)

RELAY = signed.relay_id(signed.public_of(RELAY_SEED))
ALICE = signed.account_id(signed.public_of(ROOT_SEED))
BOB = signed.account_id(signed.public_of(b"B" * 32))
DEVICES = (b"device-one-of-us", b"device-two-of-us")
ID: Any = bytes(range(16))  # whatever kind of id
HASH = hashlib.sha256(b"seed").digest()

RECORDS = tuple(
    devices.make_record(RELAY, ALICE, device, hashlib.sha256(device).digest(), seed, NOW)
    for device, seed in zip(DEVICES, DEVICE_SEEDS, strict=True)
)
FIRST = devices.first_list(RELAY, ROOT_SEED, RECORDS[:1], NOW)
HEAD = devices.verify_first(RELAY, ALICE, FIRST)
SECOND = devices.next_list(HEAD, DEVICE_SEEDS[0], NOW + 1, records=RECORDS)
FRESH = devices.make_freshness(HEAD, DEVICE_SEEDS[0], NOW)
HELLO = login.make_hello(RELAY_SEED, (login.PLAIN_LEAF,), ("http://127.0.0.1:4000",), NOW)


def prekey(kind: devices.KeyKind) -> signed.Signed:
    """A prekey of Alice's first device."""
    key = bytes(1216) if kind.startswith("pq") else bytes(32)
    return devices.make_prekey(HEAD, DEVICES[0], DEVICE_SEEDS[0], kind, b"k1", key, NOW, NOW + 1000)


PREKEYS = {kind: prekey(kind) for kind in devices.KeyKind}

_envelopes = (frames.Addressed(DEVICES[0], b"e" * 40), frames.Addressed(DEVICES[1], b"f" * 40))
CLIENT_FRAMES: tuple[frames.Frame, ...] = (
    frames.Login(DEVICES[0], 1, ID, bytes(64)),
    frames.Submit(ID, BOB, NOW, True, b"content", _envelopes, (ID,)),
    frames.Ack((1, 2, 3)),
    frames.Withdraw(ID, BOB, ID),
    frames.SendEphemeral(BOB, _envelopes),
    frames.Lookup(1, "bob@example.com"),
    frames.Lookup(2, "", BOB),
    frames.Watch((BOB,)),
    frames.Relation(BOB, 1),
    frames.Ping(7),
    frames.SubmitText(ID, "+12025550123", "Hello, €", 1, NOW),
    frames.SubmitText(ID, "+12025550123", "Hello, €", 1, NOW, (), True),
    frames.SubmitText(ID, "+12025550123", "", 1, NOW, (texts.Media("image/jpeg", "a.jpg", b"jpeg"),)),
    frames.WithdrawText(ID, ID),
)
RELAY_FRAMES: tuple[frames.Frame, ...] = (
    frames.Hello(HELLO, HASH, NOW),
    frames.Welcome(ALICE, ID, HASH, NOW, 2, 20, 8, HASH, {"frame": 4096}),
    frames.Token(HASH),
    frames.Accepted((frames.AcceptedItem(ID, NOW),)),
    frames.StaleDevices(ID, BOB, HASH),
    frames.Refused("rate_limited", ID, 0, 1000, "submits", NOW),
    frames.Deliver(1, BOB, ID, ID, NOW, NOW, True, b"content", b"envelope"),
    frames.CaughtUp(),
    frames.Withdrawn(ID, "withdrawn"),
    frames.DeliverEphemeral(BOB, ID, b"typing"),
    frames.Found(1, "found", ALICE, (FIRST, SECOND), FRESH, "claimed"),
    frames.Changed(BOB),
    frames.Expired((ID,)),
    frames.Pong(7),
    frames.Drain(500),
    frames.TextTerms(True, "+12025550100", "latin_1", 10, 300_000, "", ("image/jpeg", "image/gif")),
    frames.TextTerms(False, why="no_gateway"),
    frames.DeliverText(2, ID, NOW, b"k1", b"sealed"),
    frames.TextReport(3, ID, ID, "partly", "text_unreachable", 2, 15_800, "USD", NOW),
)
TEXT_BODIES = (
    texts.TextBody("+12025550100", "+12025550123", "Hello, €", NOW),
    texts.TextBody("+12025550100", "BANK", "", NOW, 2, (texts.Media("image/jpeg", "a.jpg", b"jpeg"),), True, 3, 2),
)
REQUESTS: tuple[msgspec.Struct, ...] = (
    requests.Register("alice@example.com", FIRST, FRESH, bytes(64), b"secret"),
    requests.Registered(ALICE, "claimed", BOB, "bob@example.com"),
    requests.PutList(SECOND, FRESH),
    requests.PutFreshness(FRESH),
    requests.PutFoundBy(False),
    requests.PutPrekeys(
        (PREKEYS[devices.KeyKind.ONE_TIME],),
        (PREKEYS[devices.KeyKind.PQ_ONE_TIME],),
        PREKEYS[devices.KeyKind.FALLBACK],
        PREKEYS[devices.KeyKind.PQ_LAST_RESORT],
    ),
    requests.PrekeyCounts(20, 8),
    requests.Claim(ALICE, DEVICES),
    requests.Claimed((requests.Bundle(ID, PREKEYS[devices.KeyKind.ONE_TIME], None),)),
    requests.Failure("rate_limited", "lookups", 1000),
)


def packed(value: Any) -> bytes:
    """MessagePack of any value."""
    return msgspec.msgpack.encode(value)


def signed_by(item: object) -> signed.Signed:
    """Turn [number of a signer, body] into what that signer would have sent; whatever else comes in is refused.

    So a mutated body reaches the code behind the signature check.
    """
    match item:
        case [int(who), bytes(body)]:
            return signed.sign(SIGNERS[who % len(SIGNERS)], body)
        case _:
            return signed.Signed(b"", bytes(32), bytes(64))
