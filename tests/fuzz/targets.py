"""Every parser that meets bytes from outside, with its seeds and what must hold for whatever it lets through."""

import base64
import contextlib
import functools
import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import zeroconf

from app import control
from app.client import settings
from app.common import errors, journal
from app.content import annotations, base, catalog, payload, text
from app.media import fitting, picture, pipe, worker
from app.net import discovery
from app.protocol import address, devices, frames, invite, login, requests, segments, signed, texts
from app.relay import config
from app.relay.texts import pdu, receipts
from tests.fuzz import cast, mutate, providers, sealed
from tests.fuzz.base import Run, Target, as_text, must
from tests.media import samples


def all_targets() -> list[Target]:
    """In the order they are fuzzed."""
    return [
        *_frames(),
        *_requests(),
        *_signed(),
        *_contents(),
        *_texts(),
        *_files(),
        *_phones(),
        *_pictures(),
        *providers.targets(),
        *sealed.targets(),
    ]


def _frames() -> list[Target]:
    def client(data: bytes) -> str:
        batch = frames.decode_client(data)
        must(frames.decode_client(frames.encode(batch.frames)).frames == batch.frames, "frames survive a round")
        return _misfit(data, list[frames.ClientFrame])

    def relay(data: bytes) -> str:
        batch = frames.decode_relay(data)
        must(frames.decode_relay(frames.encode(batch.frames)).frames == batch.frames, "frames survive a round")
        return _misfit(data, list[frames.RelayFrame])

    return [
        Target("frames.client", client, _batches(cast.CLIENT_FRAMES), mutate.msgpack),
        Target("frames.relay", relay, _batches(cast.RELAY_FRAMES), mutate.msgpack),
    ]


def _misfit(data: bytes, kind: Any) -> str:
    """Where the first frame that was left out does not fit."""
    try:
        msgspec.msgpack.decode(data, type=kind)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        return str(error)
    return ""


def _batches(items: Sequence[frames.Frame]) -> tuple[bytes, ...]:
    return (*(frames.encode([item]) for item in items), frames.encode(items))


def _requests() -> list[Target]:
    found: list[Target] = []
    for example in cast.REQUESTS:
        kind = type(example)
        found.append(Target(f"requests.{kind.__name__}", _request(kind), (requests.encode(example),), mutate.msgpack))
    return found


def _request(kind: type[msgspec.Struct]) -> Run:
    def run(data: bytes) -> None:
        body = requests.decode(data, kind)
        must(requests.decode(requests.encode(body), kind) == body, "bodies survive a round")

    return run


def _signed() -> list[Target]:
    one_time, in_band = cast.PREKEYS[devices.KeyKind.ONE_TIME], cast.PREKEYS[devices.KeyKind.PQ_IN_BAND]
    return [
        Target(
            "devices.verify_chain",
            _chain,
            (
                cast.packed([[0, cast.FIRST.body]]),
                cast.packed([[0, cast.FIRST.body], [1, cast.SECOND.body]]),
                cast.packed([[1, cast.SECOND.body], [3, cast.FIRST.body]]),
            ),
            mutate.msgpack,
        ),
        Target(
            "devices.unpack_chain",
            devices.unpack_chain,
            (devices.pack_chain([cast.FIRST]), devices.pack_chain([cast.FIRST, cast.SECOND])),
            mutate.msgpack,
        ),
        Target(
            "devices.verify_freshness",
            lambda data: devices.verify_freshness(cast.HEAD, cast.signed_by(_tree(data))),
            (cast.packed([1, cast.FRESH.body]),),
            mutate.msgpack,
        ),
        Target(
            "devices.verify_prekey",
            lambda data: devices.verify_prekey(
                cast.HEAD, cast.DEVICES[0], cast.signed_by(_tree(data)), list(devices.KeyKind), cast.NOW
            ),
            (cast.packed([1, one_time.body]), cast.packed([1, in_band.body])),
            mutate.msgpack,
        ),
        Target("login.verify_hello", _hello, (cast.HELLO.body,), mutate.msgpack),
        Target(
            "requests.read_bearer", lambda data: requests.read_bearer(as_text(data)), (b"Bearer 00ff",), mutate.text
        ),
    ]


def _chain(data: bytes) -> None:
    tree = _tree(data)
    chain = [cast.signed_by(item) for item in tree] if isinstance(tree, list) else []
    head = devices.verify_chain(cast.RELAY, cast.ALICE, chain)
    must(head.account == cast.ALICE and head.root_public == chain[0].signer, "a chain never changes hands")
    must(devices.unpack_chain(devices.pack_chain(chain)) == tuple(chain), "a stored chain is the same chain")


def _bearer(data: bytes) -> None:
    requests.read_bearer(as_text(data))


def _hello(data: bytes) -> None:
    relay, body = login.verify_hello(signed.sign(cast.RELAY_SEED, data), login.PLAIN_LEAF, cast.NOW, None)
    must(relay == cast.RELAY and login.PLAIN_LEAF in body.leaves, "the relay speaks for itself only")


def _tree(data: bytes) -> Any:
    """The plain values in ``data``: the envelope the driver itself puts around signed bodies."""
    try:
        return msgspec.msgpack.decode(data)
    except (ValueError, RecursionError) as error:
        raise errors.Malformed("malformed") from error


def _contents() -> list[Target]:
    target = base.Reference(cast.HASH, cast.ALICE, cast.ID, cast.ID)
    examples: tuple[base.Form, ...] = (
        text.Text("Hello, world", (base.Span(0, 5, "bold"), base.Span(7, 5, "link", "https://example.com")), target),
        annotations.Reaction(target, "👍"),
        annotations.Edit(target, "Hello again", (base.Span(0, 5, "italic"),)),
        annotations.Retraction(target),
        annotations.Response(target, b"\x92\x01\x02"),
        annotations.Receipt(annotations.ReceiptState.READ, (cast.ID,)),
        annotations.ReadMark(cast.HASH, cast.NOW, cast.ID),
        annotations.Setting("theme", "dark"),
        annotations.Repeat(
            (annotations.Unopened(cast.ID, cast.ID, cast.HASH),), (annotations.Hole(cast.ID, cast.HASH, 3),)
        ),
        annotations.Nothing(),
        annotations.Reset(True, cast.HASH),
        annotations.Typing(cast.HASH, True),
    )
    found = [
        Target(f"content.{example.kind}", _content(type(example)), (example.to_wire(),), mutate.msgpack)
        for example in examples
    ]
    payloads = tuple(
        payload.encode(
            payload.of(
                example, to=cast.BOB, conversation=cast.HASH, sequence=1, sent_at=cast.NOW, order=cast.NOW,
                sender_name="Alice", sender_address="alice@example.com",
            )
        )
        for example in examples
        if example.kind in {form.kind for form in catalog.TYPES}
    )  # fmt: skip
    later = cast.packed([1, "poll", cast.BOB, cast.HASH, 1, cast.NOW, cast.NOW, "Alice", "", "A poll", b"\x90", 9])
    return [*found, Target("content.payload", _payload, (*payloads, later), mutate.msgpack)]


def _content(form: type[base.Form]) -> Run:
    def run(data: bytes) -> None:
        content = form.from_wire(data)
        must(form.from_wire(content.to_wire()) == content, "contents survive a round")
        _look_at(content)

    return run


def _payload(data: bytes) -> None:
    whole = payload.decode(data)
    base.one_line(whole.sender_name, 40)
    base.one_line(whole.sender_address, 40)
    content = whole.content
    _look_at(content)
    annotations.targets(content, whole.conversation, whole.to)


def _look_at(content: base.Content) -> None:
    """What every screen asks of a content that was let in."""
    base.one_line(content.as_text(), 80)
    content.problems(base.Limits())
    content.as_card()
    content.blobs()


def _phones() -> list[Target]:
    """What comes from the phone network."""
    part = segments.concatenation_header(7, 3, 1) + segments.encode("Hello, €", segments.Encoding.GSM_7)
    line = b"id:0123 sub:001 dlvrd:001 submit date:2611240101 done date:2611240102 stat:DELIVRD err:000 text:"
    messages = (
        pdu.ShortMessage("12025550123", "12025550100", part, esm_class=pdu.UDHI),
        pdu.ShortMessage("12025550123", "12025550100", b"\x04\x4f" * 200, data_coding=8),
        pdu.ShortMessage("12025550123", "12025550100", line, 4, fields={pdu.Field.RECEIPTED_MESSAGE_ID: b"0123\0"}),
    )
    return [
        Target("texts.pdu", _short_message, tuple(map(pdu.encode_message, messages)), mutate.plain),
        Target("texts.body", _text_body, tuple(map(texts.encode, cast.TEXT_BODIES)), mutate.msgpack),
        Target("texts.header", _user_data, (part, bytes.fromhex("0608040102ff0361")), mutate.plain),
    ]


def _short_message(data: bytes) -> str:
    message = pdu.decode_message(data)
    must(pdu.decode_message(pdu.encode_message(message)) == message, "short messages survive a round")
    for form in receipts.IdForm:
        receipts.parse(message, "north", form)
    text = segments.decode(message.body, segments.alphabet_of(message.data_coding))
    must("".join(segments.plan(text).segments) == text, "what came in could go out")
    return str(segments.alphabet_of(message.data_coding))


def _text_body(data: bytes) -> None:
    body = texts.decode(data)
    must(texts.decode(texts.encode(body)) == body, "texts survive a round")


def _user_data(data: bytes) -> None:
    parted = segments.split_header(data)
    must(data.endswith(parted.octets), "what follows the header is as it came")
    part = segments.concatenation(parted.elements)
    must(part is None or 1 <= part.sequence <= part.total <= 255, "parts that can be")


def _texts() -> list[Target]:
    numbers = (b"+1 202 555 0101", b"+12025550102", b"(202) 555-0103", b"tel:+1-202-555-0104;ext=5")
    mails = (
        b"alice@example.com",
        b"Bob.B@Example.COM",
        "carol@bücher.example".encode(),
        b"dan+x@xn--bcher-kva.example",
    )
    urls = (b"https://relay.example.com", b"http://127.0.0.1:4000/", b"https://[::1]:8443", b"https://kf.local:443")
    relay = signed.public_of(cast.RELAY_SEED)
    two = ("http://127.0.0.1:4000", "https://kf.local")
    links = (
        invite.link(invite.Invite(relay, ("https://relay.example.com:8443",))),
        invite.link(invite.Invite(relay, two, b"s" * 16, cast.BOB, "Bob")),
    )
    names = ("Alice", "Zoë  \u202e Ünal", "李\n雷", "👩\u200d👩\u200d👧")
    return [
        Target("address.parse", _address, (*numbers, *mails), mutate.text),
        Target("address.normal", lambda data: address.normal(as_text(data)), (*numbers, *mails), mutate.text),
        Target("invite.parse", _link, tuple(link.encode() for link in links), mutate.text),
        Target("invite.fragment", _fragment, tuple(map(_fragment_of, links)), mutate.msgpack),
        Target("invite.check_url", _url, urls, mutate.text),
        Target("content.one_line", _one_line, tuple(name.encode() for name in names), mutate.text),
        Target("journal.redact", _redact, (*mails, b"to +12025550105: " + b"0f" * 16), mutate.text),
    ]


def _address(data: bytes) -> None:
    for region in (None, "US"):
        try:
            found = address.parse(as_text(data), region)
        except errors.Malformed:
            continue
        must(address.normal(found.text) == found, "a normal form is its own normal form")
        must(found.text.isascii(), "a normal form is ASCII")


def _link(data: bytes) -> None:
    found = invite.parse(as_text(data))
    must(invite.parse(invite.link(found)) == found, "a link that was read can be handed on")


def _fragment_of(link: str) -> bytes:
    return msgspec.msgpack.encode(invite.parse(link))


def _fragment(data: bytes) -> None:
    """The bytes inside a link, so that mutations need not get through base64."""
    _link(b"https://relay.example.com/join#" + base64.urlsafe_b64encode(data).rstrip(b"="))


def _url(data: bytes) -> None:
    found = invite.check_url(as_text(data))
    must(invite.check_url(found) == found, "a checked address stays as it is")


def _one_line(data: bytes) -> None:
    line = base.one_line(as_text(data), 40)
    must(len(line) <= 40 and "\n" not in line, "one line is one short line")
    line.encode()


def _redact(data: bytes) -> None:
    journal.redact(as_text(data)).encode("utf-8", "surrogatepass")


def _files() -> list[Target]:
    folder = tempfile.TemporaryDirectory(prefix="kingfisher-fuzz-")
    path = Path(folder.name)

    def settings_file(data: bytes, _keep: object = folder) -> None:
        (path / "settings.json").write_bytes(data)
        values = settings.Settings(path / "settings.json", lambda changes: None).values
        for name in settings.FIELDS:
            must(settings.check(name, getattr(values, name)) == getattr(values, name), "only fit values are loaded")

    def relay_file(data: bytes, _keep: object = folder) -> None:
        (path / "relay.toml").write_bytes(data)
        read = config.read(path / "relay.toml", {}, listen=None, data=path, open_door=None)
        must(0 <= read.listen_port <= 65_535, "a port is a port")
        config.urls(read, 1, ("127.0.0.1",))

    command = json.dumps({"argv": ["send", "bob@example.com", "Hello"]}).encode()
    chosen = json.dumps({"send_typing": False, "theme": "dark", "text_size": 110, "region": "US"}).encode()
    return [
        Target(
            "control.line",
            functools.partial(control._argv, token=""),
            (command + b"\n", b'{"argv": []}'),
            mutate.json_tree,
        ),
        Target("client.settings", settings_file, (chosen, b"{}"), mutate.json_tree),
        Target("relay.config", relay_file, (_CONFIG,), mutate.text),
        Target("net.discovery", _announced, (_announcement(), b"\x90"), mutate.msgpack),
    ]


_CONFIG = b"""listen = "127.0.0.1:8443"
open_registration = true
hosts = ["relay.example.com", "relay.local:8443"]
metrics_token = "x"
announce = false
[tls]
certificate = "a.pem"
key = "b.pem"
proxy_leaves = ["0000000000000000000000000000000000000000000000000000000000000000"]
[limits]
submits_a_second = 500
[texts]
texts_a_day = 50
regions = ["US"]
stop_answer = "Gone."
"""


def _announcement() -> bytes:
    return cast.packed([[b"id", cast.RELAY.hex()[:32].encode()], 8443, [bytes([192, 0, 2, 1]), bytes(16)]])


def _announced(data: bytes) -> None:
    """What anybody on the local network may announce: [name and value, port, addresses]."""
    match _tree(data):
        case [[bytes(name), bytes(value)], int(port), [*addresses]] if 0 <= port <= 65_535 and len(name + value) < 250:
            hosts = [bytes(each) for each in addresses if isinstance(each, bytes) and len(each) in (4, 16)]
            info = zeroconf.ServiceInfo(
                discovery.SERVICE, f"x.{discovery.SERVICE}", port=port, properties={name: value}, addresses=hosts
            )
            for url in discovery.matching(info, cast.RELAY):
                invite.check_url(url)
        case _:
            pass


def quiet() -> None:
    """Damaged files are logged as such; a million of them would only fill the screen."""
    logging.getLogger("app").setLevel(logging.CRITICAL)


def _pictures() -> list[Target]:
    def run(data: bytes) -> None:
        for wanted in (picture.Wanted(), picture.Wanted(2_000)):
            found = fitting.fit(data, wanted).check(wanted)
            must(samples.SECRET not in found.octets + found.thumbnail, "only pixels are left")

    def look(data: bytes) -> None:
        fitting.frames(data).check()

    def read(data: bytes) -> None:
        with contextlib.suppress(*pipe.MISFITS):  # which the decoder answers for
            pipe.read_frames(data)

    seeds = (samples.photograph(16, 12), samples.drawing(24, 16), samples.moving(2, 8))
    answers = (pipe.answered_frames(fitting.frames(samples.moving(2, 8))), pipe.pack({"code": picture.EMPTY}))
    return [
        Target("media.fit", run, seeds, mutate.plain, worker.SECONDS),
        Target("media.frames", look, seeds, mutate.plain, worker.SECONDS),
        Target("media.answer", read, answers, mutate.plain),
    ]
