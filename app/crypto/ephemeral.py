"""Typing and presence frames: encrypted under the running epoch's ephemeral key, without touching any ratchet.

A frame is: the first 8 bytes of the epoch's id, a random nonce, the ciphertext; always 152 bytes. The key is HKDF(epoch
root, "kf/ephemeral/1"), derived when the epoch was installed. The counter rises with every frame of a device, so that
a frame that comes again or late is dropped.
"""

import secrets
from collections.abc import Mapping
from typing import Final

from app.common.errors import GiveUp, Malformed, Untrusted
from app.crypto import parties, primitives
from app.crypto.pairs import Pair
from app.crypto.parties import Party

PLAIN_SIZE: Final = 104
MAX_PAYLOAD: Final = PLAIN_SIZE - 8 - 1
NAME_SIZE: Final = 8
FRAME_SIZE: Final = NAME_SIZE + primitives.NONCE_SIZE + PLAIN_SIZE + primitives.TAG_SIZE


class Frame(primitives.Silent, frozen=True):
    """An opened frame; keep ``counter`` as the last one of ``epoch`` for this device."""

    epoch: bytes
    counter: int
    payload: bytes


def seal(pair: Pair, me: Party, payload: bytes, counter: int) -> bytes:
    """A frame for ``pair.peer``. ``counter`` = max(own clock in ms, last counter + 1).

    GiveUp("unknown_epoch") before the first envelope, GiveUp("too_large") above 95 bytes.
    """
    if pair.sending is None:
        raise GiveUp("unknown_epoch", "nothing sent yet")
    if len(payload) > MAX_PAYLOAD:
        raise GiveUp("too_large")
    name = pair.sending.id[:NAME_SIZE]
    nonce = secrets.token_bytes(primitives.NONCE_SIZE)
    plain = counter.to_bytes(8, "big") + primitives.pad(payload, PLAIN_SIZE - 8)
    key = pair.sending.keys.ephemeral
    return name + nonce + primitives.encrypt(key, plain, _aad(me, pair.peer, name), nonce)


def open(pair: Pair, me: Party, frame: bytes, last: Mapping[bytes, int]) -> Frame:
    """Open a frame from ``pair.peer``; ``last`` holds the last counter of each epoch id seen so far.

    Malformed("ephemeral"), GiveUp("unknown_epoch"), Untrusted("tampered") or Untrusted("replayed"): all are dropped.
    """
    if len(frame) != FRAME_SIZE:
        raise Malformed("ephemeral", "size")
    name, sealed = frame[:NAME_SIZE], frame[NAME_SIZE:]
    epoch = next((one for one in pair.receiving if one.id[:NAME_SIZE] == name), None)
    if epoch is None:
        raise GiveUp("unknown_epoch")
    nonce, ciphertext = sealed[: primitives.NONCE_SIZE], sealed[primitives.NONCE_SIZE :]
    aad = _aad(pair.peer, me, name)
    plain = primitives.decrypt(epoch.keys.ephemeral, ciphertext, aad, nonce, code="tampered")
    counter = int.from_bytes(plain[:8], "big")
    if counter <= last.get(epoch.id, -1):
        raise Untrusted("replayed", "ephemeral counter")
    return Frame(epoch.id, counter, primitives.unpad(plain[8:]))


def _aad(sender: Party, recipient: Party, name: bytes) -> bytes:
    return b"kf/ephemeral/1" + parties.names(sender, recipient) + name
