"""The envelope: content sealed once; for each device, Olm and a post-quantum epoch together wrap the content's key.

An envelope is: version 1, Olm type, two lengths (6 bytes), the Olm message, the HPKE ciphertext while the epoch is not
confirmed, the wrapped key (48 bytes), zeros up to 768, 2,048 or 4,608 bytes. All else, the epoch's id and the message's
index too, is inside the Olm message, where the relay can neither read nor change it.
"""

import hmac
import struct
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from msgspec.structs import replace

from app.common import ids
from app.common.errors import Broken, GiveUp, Malformed, Untrusted
from app.crypto import own, pairs, parties, pq, primitives
from app.crypto.pairs import Pair
from app.crypto.parties import Bundle, Count, Hash, Id, Kind, Lists, Party, PublicKey

VERSION: Final = 1
BUCKETS: Final = (768, 2048, 4608)
MAX_CONTENT: Final = 65_536
MAX_PAYLOAD: Final = MAX_CONTENT - primitives.TAG_SIZE - 1
MAX_OFFER: Final = 2048

ASKS_RESET: Final = 1

_HEAD: Final = struct.Struct(">BBHH")
_WRAP_SIZE: Final = primitives.KEY_SIZE + primitives.TAG_SIZE
_SMALLEST_CONTENT: Final = 160

Signer = Callable[[PublicKey], bytes]
"""Signs an in-band key with the device's key; the result is opaque here, at most 2,048 bytes."""
Checker = Callable[[bytes], PublicKey]
"""Checks such bytes against the sender's record and gives the key; raises Untrusted. A key that is merely too old
(code ``prekey_expired``) is passed over, every other error refuses the envelope."""


class SealedContent(primitives.Silent, frozen=True):
    """One message's content: ``ciphertext`` travels once, ``key`` only inside envelopes."""

    message_id: bytes
    key: bytes
    ciphertext: bytes
    digest: bytes  # SHA-256 of the ciphertext


class Sealed(primitives.Silent, frozen=True):
    """The state to store before the envelope leaves, and the envelope."""

    pair: Pair
    envelope: bytes


class Opened(primitives.Silent, frozen=True):
    """An envelope and its content, all checks held; ``pair`` and ``own`` are to be stored with the message.

    ``lists`` are judged by the caller, now that nothing can be lost by it. ``own`` is the very value passed in when
    nothing of it changed.
    """

    message_id: bytes
    payload: bytes
    lists: Lists
    pair: Pair
    own: own.Own
    installed: bool  # the peer has started an epoch with this envelope
    restarted: bool  # ... and this replaces the chain we knew: the peer had lost it, or was asked to
    reset_asked: bool  # the peer could not follow our direction; the next seal starts a new chain
    confirmed: bool  # the peer has confirmed our running epoch with this envelope
    repeated: bool  # the peer goes on sending the start of its epoch: we have not named it to them


class _Letter(primitives.Silent, frozen=True, array_like=True):
    """The Olm plaintext. New fields go to the end with defaults."""

    k_olm: Hash
    message_id: Id
    content: Hash
    commitment: Hash
    sender: Party
    recipient: Party
    lists: Lists
    epoch: Hash
    index: Count
    ciphertext: Annotated[bytes, msgspec.Meta(max_length=32)]  # SHA-256 of the HPKE ciphertext, or empty
    number: Count
    previous: Annotated[bytes, msgspec.Meta(max_length=32)]
    key_id: Annotated[bytes, msgspec.Meta(max_length=parties.KEY_ID_SIZE)]
    offer: Annotated[bytes, msgspec.Meta(max_length=MAX_OFFER)]
    confirm: Annotated[bytes, msgspec.Meta(max_length=32)]
    flags: Count


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Letter).decode


def seal_content(payload: bytes, sender: Party, message_id: bytes) -> SealedContent:
    """Encrypt ``payload`` (at most 65,519 bytes) under a fresh key, padded; GiveUp("too_large")."""
    if len(message_id) != ids.ID_SIZE:
        raise Broken("bad_id", "message id")
    if len(payload) > MAX_PAYLOAD:
        raise GiveUp("too_large")
    size = _SMALLEST_CONTENT
    while size <= len(payload):
        size *= 2
    padded = primitives.pad(payload, min(size, MAX_CONTENT - primitives.TAG_SIZE))
    key = primitives.random_key()
    ciphertext = primitives.encrypt(key, padded, _content_aad(sender, message_id))
    return SealedContent(message_id, key, ciphertext, primitives.sha256(ciphertext))


def open_content(key: bytes, ciphertext: bytes, sender: Party, message_id: bytes) -> bytes:
    """The payload; Untrusted("content_mismatch") or Malformed("padding")."""
    padded = primitives.decrypt(key, ciphertext, _content_aad(sender, message_id), code="content_mismatch")
    return primitives.unpad(padded)


def _content_aad(sender: Party, message_id: bytes) -> bytes:
    return b"kf/content/1" + sender.account + sender.device + message_id


def _commitment(key: bytes, content: bytes) -> bytes:
    return primitives.sha256(b"kf/commit/1" + key + content)


def seal(
    pair: Pair,
    keys: own.Own,
    content: SealedContent,
    lists: Lists,
    *,
    now: int,
    sign: Signer,
    bundle: Bundle | None = None,
    reset: bool = False,
) -> Sealed:
    """One device's envelope for ``content``. ``pair`` is spent by it: store and use the one returned.

    ``bundle`` is needed when ``pair.need(now)`` says so: GiveUp("no_session") or GiveUp("pq_missing") without it, for
    there is no classical way. ``reset`` starts a new Olm session and a new chain on the bundle and asks the peer to
    start its own anew. Whatever is raised, ``pair`` is still what it was; Broken("stale_pair") says that a newer value
    has sealed already.
    """
    if pair.lineage[0] != pair.sealed:
        raise Broken("stale_pair", "a newer state has sealed; load the stored one")
    sessions = pairs.choose_session(pair, keys, bundle, now, fresh=reset)
    epoch, offers, peer_key = _epoch(pair, keys.me, bundle, now, sign, reset=reset)
    letter, ciphertext = _letter(pair, keys.me, content, lists, epoch, ASKS_RESET if reset else 0)
    sending, s_pq = pq.next_key(epoch)
    plaintext = _encode(letter)

    pair.lineage[0] += 1
    session, kind, body = sessions[0].session.encrypt(plaintext)
    head = _HEAD.pack(VERSION, kind, len(body), len(ciphertext))
    names = parties.names(keys.me, pair.peer)
    wrap_key = _wrap_key(letter.k_olm, s_pq, names, head, plaintext, body, letter.ciphertext)
    wrap = primitives.encrypt(wrap_key, content.key, names + head)
    envelope = _fill(head + body + ciphertext + wrap)
    after = replace(
        pair,
        sessions=(pairs.Held(session, sessions[0].used), *sessions[1:]),
        sending=sending,
        offers=offers,
        peer_key=peer_key,
        restart=False,
        owes=False,
        sealed=pair.lineage[0],
    )
    return Sealed(after, envelope)


def _epoch(
    pair: Pair, me: Party, bundle: Bundle | None, now: int, sign: Signer, *, reset: bool
) -> tuple[pq.Sending, tuple[own.PrivateKey, ...], PublicKey | None]:
    """The epoch to send in (a new one where it is time and there is a key for it), our offers, the peer's key left."""
    running = None if reset or pair.restart else pair.sending
    if running is not None and not running.due(now):
        return running, pair.offers, pair.peer_key
    # After a loss only a published key is sure to be still with the peer.
    in_band = None if reset else pair.peer_key
    candidates = (in_band, bundle.pq if bundle else None)
    peer_key = next((key for key in candidates if key is not None and key.valid(now)), None)
    if peer_key is None:
        if running is None:
            raise GiveUp("pq_missing")
        return running, pair.offers, pair.peer_key
    fresh = own.private_key(Kind.PQ_IN_BAND, now)
    offer = sign(fresh.public())
    if not 0 < len(offer) <= MAX_OFFER:
        raise Broken("envelope_too_large", "signed in-band key")
    started = pq.start(running, peer_key, parties.names(me, pair.peer), now, offer)
    return started, (*pair.offers, fresh)[-pairs.MAX_OFFERS :], None if peer_key is in_band else in_band


def _letter(
    pair: Pair, me: Party, content: SealedContent, lists: Lists, sending: pq.Sending, flags: int
) -> tuple[_Letter, bytes]:
    """The Olm plaintext and the HPKE ciphertext that goes beside it (empty once confirmed)."""
    first = sending.start
    letter = _Letter(
        primitives.random_key(),
        content.message_id,
        content.digest,
        _commitment(content.key, content.digest),
        me,
        pair.peer,
        lists,
        sending.id,
        sending.index,
        sending.id if first else b"",
        sending.number,
        first.previous if first else b"",
        first.key_id if first else b"",
        first.offer if first else b"",
        pair.confirm,
        flags,
    )
    return letter, first.ciphertext if first else b""


def _wrap_key(
    k_olm: bytes, s_pq: bytes, names: bytes, head: bytes, plaintext: bytes, body: bytes, ciphertext: bytes
) -> bytes:
    """HKDF over both secrets and everything both sides must agree on; ``ciphertext`` is the hash, or empty."""
    transcript = primitives.join(names, head, primitives.sha256(plaintext), primitives.sha256(body), ciphertext)
    return primitives.hkdf(k_olm + s_pq, transcript, salt=b"kf/wrap/1")


def _fill(envelope: bytes) -> bytes:
    for bucket in BUCKETS:
        if len(envelope) <= bucket:
            return envelope.ljust(bucket, b"\0")
    raise Broken("envelope_too_large")


class _Parts(primitives.Silent, frozen=True):
    head: bytes
    kind: int
    body: bytes
    ciphertext: bytes
    wrap: bytes


def _parse(envelope: bytes) -> _Parts:
    """Split an envelope; GiveUp("unknown_version") or Malformed("envelope")."""
    if len(envelope) < _HEAD.size or len(envelope) > BUCKETS[-1]:
        raise Malformed("envelope", "size")
    head = envelope[: _HEAD.size]
    version, kind, olm_size, pq_size = _HEAD.unpack(head)
    if version != VERSION:
        raise GiveUp("unknown_version")
    middle = _HEAD.size + olm_size
    end = middle + pq_size
    if len(envelope) not in BUCKETS or pq_size not in (0, pq.CIPHERTEXT_SIZE):
        raise Malformed("envelope", "size")
    filling = len(envelope) - end - _WRAP_SIZE
    if filling < 0 or envelope.count(0, end + _WRAP_SIZE) != filling:
        raise Malformed("envelope", "lengths")
    return _Parts(head, kind, envelope[_HEAD.size : middle], envelope[middle:end], envelope[end : end + _WRAP_SIZE])


def open(pair: Pair, keys: own.Own, envelope: bytes, content: bytes, *, now: int, check: Checker) -> Opened:
    """Open one envelope from ``pair.peer`` with the content it came with. Nothing has changed unless this returns.

    ``pair`` and ``keys`` stay usable whatever happens; going back to them costs an unpickling (14 us a session; 1 ms
    the account, after a first message). Errors: Malformed; Untrusted with code ``undecryptable``, ``replayed``,
    ``wrong_names``, ``content_mismatch``, ``epoch_tampered``, ``tampered``; GiveUp with code ``unknown_epoch`` or
    ``index_out_of_window`` (only ever after Olm has authenticated the peer: answer with a reset) or ``epoch_gone`` (too
    late: ask for a repeat).
    """
    if len(content) > MAX_CONTENT:
        raise Malformed("content", "size")
    parts = _parse(envelope)
    sessions, keys_after, plaintext = pairs.olm_open(pair, keys, parts.kind, parts.body, now)
    letter = _read(plaintext, pair, keys.me)
    _fits(letter, parts, content)

    epoch, offers, keys_after, fresh = _find_epoch(pair, keys_after, letter, parts.ciphertext)
    epoch, s_pq = pq.key_at(epoch, letter.index)
    receiving, gone = pq.keep(pair.receiving, epoch)

    names = parties.names(pair.peer, keys.me)
    wrap_key = _wrap_key(letter.k_olm, s_pq, names, parts.head, plaintext, parts.body, letter.ciphertext)
    payload = _unwrap(wrap_key, names, parts, letter, content)

    sending, confirmed = _confirm(pair.sending, letter.confirm)
    after = replace(
        pair,
        sessions=sessions,
        sending=sending,
        receiving=receiving,
        retired=(*pair.retired, *gone)[-pairs.MAX_RETIRED :] if gone else pair.retired,
        confirm=letter.ciphertext or pair.confirm,
        offers=offers,
        peer_key=_peer_key(pair, letter, check) if fresh else pair.peer_key,
        restart=pair.restart or bool(letter.flags & ASKS_RESET),
        owes=pair.owes or bool(letter.ciphertext),
    )
    return Opened(
        letter.message_id,
        payload,
        letter.lists,
        after,
        keys_after,
        installed=fresh,
        restarted=fresh and not letter.previous and bool(pair.receiving),
        reset_asked=bool(letter.flags & ASKS_RESET),
        confirmed=confirmed,
        repeated=bool(letter.ciphertext),
    )


def _unwrap(wrap_key: bytes, names: bytes, parts: _Parts, letter: _Letter, content: bytes) -> bytes:
    """The payload, by the content key both secrets give; it must be the one the letter commits to."""
    content_key = primitives.decrypt(wrap_key, parts.wrap, names + parts.head, code="tampered")
    if not hmac.compare_digest(_commitment(content_key, letter.content), letter.commitment):
        raise Untrusted("content_mismatch", "commitment")
    return open_content(content_key, content, letter.sender, letter.message_id)


def _read(plaintext: bytes, pair: Pair, me: Party) -> _Letter:
    """Parse what Olm has authenticated and hold its names against the parties; Untrusted("wrong_names")."""
    try:
        letter = _decode(plaintext)
    except primitives.MISFITS:
        raise Malformed("letter") from None
    if letter.sender != pair.peer or letter.recipient != me:
        raise Untrusted("wrong_names")
    return letter


def _fits(letter: _Letter, parts: _Parts, content: bytes) -> None:
    """Hold what came beside the Olm message against the hashes in it; Untrusted."""
    if letter.content != primitives.sha256(content):
        raise Untrusted("content_mismatch")
    if letter.ciphertext != (primitives.sha256(parts.ciphertext) if parts.ciphertext else b""):
        raise Untrusted("epoch_tampered", "hash")


def _find_epoch(
    pair: Pair, keys: own.Own, letter: _Letter, ciphertext: bytes
) -> tuple[pq.Receiving, tuple[own.PrivateKey, ...], own.Own, bool]:
    """The epoch a letter names, installed if need be; offers and own keys afterwards; whether it is new."""
    if ciphertext and letter.epoch != letter.ciphertext:
        raise Untrusted("epoch_tampered", "id")
    known = pq.find(pair.receiving, letter.epoch)
    if known is not None:
        return known, pair.offers, keys, False
    if letter.epoch in pair.retired:
        raise GiveUp("epoch_gone")
    if not ciphertext:
        raise GiveUp("unknown_epoch")
    private = pairs.private_for(pair, keys, letter.key_id)
    names = parties.names(pair.peer, keys.me)
    epoch = pq.install(pair.receiving, ciphertext, private.seed, private.key_id, letter.number, letter.previous, names)
    offers, keys = pairs.without_key(pair, keys, private)
    return epoch, offers, keys, True


def _peer_key(pair: Pair, letter: _Letter, check: Checker) -> PublicKey | None:
    """The in-band key that came with a new epoch; if that is too old, the one before, but not across a restart."""
    try:
        key = check(letter.offer)
    except Untrusted as error:
        if error.code == "prekey_expired":
            return pair.peer_key if letter.previous else None
        raise
    if key.kind is not Kind.PQ_IN_BAND or len(key.public) != pq.PUBLIC_SIZE:
        raise Untrusted("bad_key")
    return key


def _confirm(sending: pq.Sending | None, named: bytes) -> tuple[pq.Sending | None, bool]:
    """Stop repeating the start of our epoch once the peer has named its full hash."""
    if sending is None or sending.start is None or sending.id != named:
        return sending, False
    return replace(sending, start=None), True
