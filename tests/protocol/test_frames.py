"""Frames: every field at and beyond its limit, hostile messages, and neighbours that must not suffer."""

import contextlib
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import frames, limits
from tests.parts import shapes
from tests.parts.examples import examples

CLIENT = get_args(frames.ClientFrame)
RELAY = get_args(frames.RelayFrame)
PING = frames.Ping(7)
PONG = frames.Pong(7)


def decode_for(kind: type[frames.Frame]):
    return (frames.decode_client, PING) if kind in CLIENT else (frames.decode_relay, PONG)


def test_tags_are_unlike_and_none_is_forgotten() -> None:
    kinds = frames.Frame.__subclasses__()
    assert set(kinds) == {*CLIENT, *RELAY}
    tags = {kind.__struct_config__.tag for kind in kinds}
    assert len(tags) == len(kinds)
    for kind in kinds:
        decode, _ = decode_for(kind)
        short = frames.join([msgspec.msgpack.encode([kind.__struct_config__.tag])])
        batch = decode(short)
        assert (len(batch.frames), batch.malformed, batch.unknown) in [(0, 1, 0), (1, 0, 0)], kind


@settings(max_examples=examples(15))
@pytest.mark.parametrize("kind", [*CLIENT, *RELAY], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_what_is_encoded_is_decoded(kind: type[frames.Frame], data: st.DataObject) -> None:
    decode, _ = decode_for(kind)
    items = data.draw(st.lists(shapes.values_of(kind), max_size=3))
    message = frames.encode(items)
    assert decode(message) == frames.Batch(items)
    assert frames.join([frames.encode_one(item) for item in items]) == message


@pytest.mark.parametrize("kind", [*CLIENT, *RELAY], ids=lambda kind: kind.__name__)
def test_every_limit_of_every_field(kind: type[frames.Frame]) -> None:
    decode, neighbour = decode_for(kind)
    for edge in shapes.edges_of(kind):
        batch = decode(frames.encode([neighbour, edge.value, neighbour]))
        if edge.good:
            assert batch == frames.Batch([neighbour, edge.value, neighbour]), edge.where
        else:
            assert batch == frames.Batch([neighbour, neighbour], 0, 1), edge.where


def test_the_limits_that_matter_are_among_them() -> None:
    where = {edge.where for kind in (*CLIENT, *RELAY) for edge in shapes.edges_of(kind) if not edge.good}
    assert {
        "Submit.content longer",
        "Submit.envelopes longer",
        "Submit.envelopes[].envelope longer",
        "Ack.entries longer",
        "Watch.accounts longer",
        "Found.chain longer",
        "Lookup.address longer",
        "SendEphemeral.items longer",
        "DeliverEphemeral.body longer",
        "SubmitText.text longer",
        "SubmitText.segments above",
        "SubmitText.media longer",
        "SubmitText.media[].octets longer",
        "TextTerms.mms_types longer",
        "DeliverText.sealed longer",
    } <= where


def test_the_relays_frames_are_unknown_to_the_relay_and_the_clients_to_the_client() -> None:
    assert frames.decode_client(frames.encode([PING, PONG, PING])) == frames.Batch([PING, PING], 1, 0)
    assert frames.decode_relay(frames.encode([PONG, PING, PONG])) == frames.Batch([PONG, PONG], 1, 0)


@pytest.mark.parametrize(
    "part",
    [
        msgspec.msgpack.encode([200, b"later version"]),
        msgspec.msgpack.encode([-1]),
        msgspec.msgpack.encode([2**63]),
        msgspec.msgpack.encode(["9", 7]),
        msgspec.msgpack.encode([]),
        msgspec.msgpack.encode([None]),
        msgspec.msgpack.encode([[9], 7]),
        msgspec.msgpack.encode({"9": 7}),
        msgspec.msgpack.encode(9),
        msgspec.msgpack.encode(b"\x09"),
        msgspec.msgpack.encode(None),
        b"\x91" * 100 + b"\xc0",
    ],
    ids=["newer", "negative", "huge", "text", "empty", "nil", "array", "map", "number", "bytes", "none", "nested"],
)
def test_what_is_no_frame_of_this_version_is_skipped_alone(part: bytes) -> None:
    message = frames.join([frames.encode_one(PING), part, frames.encode_one(PING)])
    assert frames.decode_client(message) == frames.Batch([PING, PING], 1, 0)


def test_fields_of_a_later_version_are_passed_over() -> None:
    assert frames.decode_client(msgspec.msgpack.encode([[9, 7, "new", b"field"]])).frames == [PING]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x90\x00",
        b"\x91",
        b"\x81\x01\x02",
        b"\xc0",
        b"\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 100_000,
        b"\x92\x92\x09\x07" + b"\x91" * 250_000 + b"\xc0",
    ],
    ids=["empty", "reserved", "trailing", "cut", "map", "nil", "number", "endless", "bottomless", "deep"],
)
def test_a_message_that_cannot_be_read_is_refused_whole(data: bytes) -> None:
    for decode in (frames.decode_client, frames.decode_relay):
        with pytest.raises(errors.Malformed, match="malformed"):
            decode(data)


@pytest.mark.parametrize("depth", [1_000, 3_000, 10_000, 30_000])
def test_how_deep_a_later_field_may_go_is_for_the_interpreter_to_say(depth: int) -> None:
    """Skipped with its frame or refused with the message, by version and stack; never anything else."""
    tag, mark = frames.encode([PING])[2:]
    deep = bytes([0x92, 0x93, tag, mark]) + b"\x91" * depth + b"\xc0" + frames.encode([PING])[1:]
    read: frames.Batch | None = None
    with contextlib.suppress(errors.Malformed):
        read = frames.decode_client(deep)
    assert read is None or [*read.frames] == [PING, PING]


def test_bytes_behind_the_message_are_refused() -> None:
    with pytest.raises(errors.Malformed, match="malformed"):
        frames.decode_client(frames.encode([PING]) + b"\xc0")


def test_a_message_cut_anywhere_is_refused() -> None:
    message = frames.encode([PING, frames.Ack((1, 2, 3)), frames.Lookup(1, "bob@example.com")])
    for end in range(len(message)):
        with pytest.raises(errors.Malformed):
            frames.decode_client(message[:end])


def test_one_byte_above_the_limit() -> None:
    content = bytes(limits.CONTENT)
    frame = frames.Submit(bytes(16), bytes(32), 1, True, content, ())
    count = limits.FRAME // len(frames.encode_one(frame))
    message = frames.encode([frame] * count)
    rest = limits.FRAME - len(message)
    full = frames.encode([frame] * count + [frames.Submit(bytes(16), bytes(32), 1, True, bytes(rest), ())])
    spare = len(full) - limits.FRAME
    last = frames.Submit(bytes(16), bytes(32), 1, True, bytes(rest - spare), ())
    full = frames.encode([frame] * count + [last])
    assert len(full) == limits.FRAME
    assert len(frames.decode_client(full).frames) == count + 1
    with pytest.raises(errors.Malformed, match="too_large"):
        frames.decode_client(full + b"\x00")
    with pytest.raises(errors.Malformed, match="too_large"):
        frames.decode_relay(bytes(limits.FRAME + 1))


def test_one_frame_too_many() -> None:
    assert len(frames.decode_client(frames.encode([PING] * limits.FRAMES)).frames) == limits.FRAMES
    with pytest.raises(errors.Malformed, match="too_many_frames"):
        frames.decode_client(frames.encode([PING] * (limits.FRAMES + 1)))
    unknown = [msgspec.msgpack.encode([200])] * (limits.FRAMES + 1)
    with pytest.raises(errors.Malformed, match="too_many_frames"):
        frames.decode_relay(frames.join(unknown))


@settings(max_examples=examples(200))
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for decode in (frames.decode_client, frames.decode_relay):
        try:
            batch = decode(data)
        except errors.Malformed:
            continue
        assert len(batch.frames) + batch.unknown + batch.malformed <= len(data)
