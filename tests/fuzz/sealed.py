"""Fuzz targets whose input lies under encryption: envelopes, letters inside Olm, ephemerals, key slots, kept states."""

import base64
import json
import tempfile
from pathlib import Path

from app.crypto import envelope, ephemeral, identity, own, pairs, primitives, vault
from app.storage import keyslots
from tests.crypto import duo
from tests.fuzz import cast, mutate
from tests.fuzz.base import Target, as_text, must

CODE = identity.format_code("0123456789" * 5 + "01234")
KEY = bytes(range(32))
CONTENT = b"c" * 176
# Stands in a stored input for the id of the running epoch, which is another one in every run.
EPOCH = b"<the epoch that is running now.>"


def targets() -> list[Target]:
    """Two devices that have met; keys are fresh in each run, so that stored envelopes only test what is read first."""
    alice, bob = duo.meet()
    sent, first = alice.seal(bob), duo.Device("carol").seal(bob)
    typing = ephemeral.seal(alice.pair(bob), alice.party, b"typing", duo.START)

    def opened(data: bytes) -> None:
        wire = duo.Wire(data, sent.content, sent.message_id, sent.payload)
        must(bob.peek(alice, wire).payload == sent.payload, "nothing but the payload that was sent is ever opened")

    def letter(data: bytes) -> None:
        """What a contact could put into Olm if it wished to."""
        pair = alice.pair(bob)
        sending = pair.sending
        epoch = sending.id if sending else b""
        _, kind, body = pair.sessions[0].session.encrypt(data.replace(EPOCH, epoch))
        alice.pairs[bob.party] = _reloaded(kept)
        if len(body) > 4_400:
            return
        head = envelope._HEAD.pack(envelope.VERSION, kind, len(body), 0)
        bob.peek(alice, duo.Wire(envelope._fill(head + body + bytes(48)), CONTENT, b"", b""))

    def typed(data: bytes) -> None:
        got = ephemeral.open(bob.pair(alice), bob.party, data, {})
        must(got.payload == b"typing", "nothing but the frame that was sent is ever opened")

    kept = alice.pair(bob).dump()
    alice.pairs[bob.party] = _reloaded(kept)
    example = (
        KEY, bytes(16), primitives.sha256(CONTENT), bytes(32), alice.party, bob.party,
        ((0, 1, bytes(32)), (0, 1, bytes(32))), EPOCH, 1, b"", 1, b"", b"", b"", b"", 0,
    )  # fmt: skip
    return [
        Target("crypto.envelope", opened, (sent.envelope, first.envelope), mutate.plain),
        Target("crypto.letter", letter, (cast.packed(example),), mutate.msgpack),
        Target("crypto.ephemeral", typed, (typing,), mutate.plain),
        Target("crypto.own", lambda data: own.load(data).dump(), (bob.keys.dump(),), mutate.msgpack),
        Target("crypto.pair", lambda data: pairs.load(data).dump(), (kept, bob.pair(alice).dump()), mutate.msgpack),
        Target("crypto.slot", _slot, (vault.wrap(KEY, KEY, vault.SlotKind.RECOVERY, bytes(16)),), mutate.msgpack),
        Target("crypto.code", _code, (CODE.encode(), CODE.replace(" ", "-").encode()), mutate.text),
        _slots_file(),
    ]


def _reloaded(kept: bytes) -> pairs.Pair:
    """The pair as it was stored: encrypting has spent the one in memory."""
    return pairs.load(kept)


def _slot(data: bytes) -> None:
    key = vault.unwrap(data, KEY, vault.SlotKind.RECOVERY, bytes(16))
    must(key == KEY, "a slot opens to what was wrapped, or not at all")


def _code(data: bytes) -> None:
    found = identity.parse_code(as_text(data))
    must(identity.parse_code(found) == found, "a code has one spelling")
    identity.root_seed(found)


def _slots_file() -> Target:
    folder = tempfile.TemporaryDirectory(prefix="kingfisher-fuzz-")
    path = Path(folder.name)

    def run(data: bytes, _keep: object = folder) -> None:
        (path / keyslots.FILE).write_bytes(data)
        found = keyslots.read(path)
        must(found is not None and 0 < len(found.slots) <= keyslots.MAX_SLOTS, "a file that is read has slots")

    wrapped = base64.b64encode(KEY).decode()
    example = {"version": 1, "profile": base64.b64encode(bytes(16)).decode(), "slots": {"recovery": wrapped}}
    return Target("storage.keyslots", run, (json.dumps(example).encode(),), mutate.json_tree)
