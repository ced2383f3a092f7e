"""What a device keeps about one other device: Olm sessions, post-quantum epochs of both directions, offered keys."""

from enum import Enum
from typing import Final

import msgspec
from msgspec.structs import replace

from app.common.errors import Broken, GiveUp, Untrusted
from app.crypto import olm, own, parties, pq, primitives
from app.crypto.parties import Bundle, Count, Hash, Party, PublicKey

MAX_SESSIONS: Final = 4
MAX_OFFERS: Final = 4
MAX_RETIRED: Final = 32

_VERSION: Final = 1


class Need(Enum):
    """What sending to this device asks of the directory first."""

    NOTHING = "nothing"
    USEFUL = "useful"  # the epoch is over, but may go on
    REQUIRED = "required"  # nothing can be sealed without a bundle


class Held(primitives.Silent, frozen=True):
    """An Olm session and when something last came through it (or it was started), in milliseconds."""

    session: olm.Session
    used: int


class _StoredSession(primitives.Silent, frozen=True, array_like=True):
    id: Hash
    pickle: str
    pickle_key: Hash
    used: Count


class _Stored(primitives.Silent, frozen=True, array_like=True):
    version: int
    peer: Party
    curve25519: Hash
    sessions: tuple[_StoredSession, ...]
    sending: pq.Sending | None
    receiving: tuple[pq.Receiving, ...]
    retired: tuple[Hash, ...]
    confirm: bytes
    offers: tuple[own.PrivateKey, ...]
    peer_key: PublicKey | None
    restart: bool
    owes: bool = False


class Pair(primitives.Silent, frozen=True):
    """The state towards one peer device. Immutable: opening and sealing return the next value.

    ``lineage`` is shared by all values that come from one ``new`` or ``load`` and counts what was sealed; only a value
    with the same count may seal, so that no message key can be used twice by going back to an older value.
    """

    peer: Party
    curve25519: bytes
    sessions: tuple[Held, ...]  # preferred first
    sending: pq.Sending | None
    receiving: tuple[pq.Receiving, ...]  # newest first
    retired: tuple[bytes, ...]  # ids of epochs that are gone, newest last
    confirm: bytes  # the peer's epoch that our envelopes name
    offers: tuple[own.PrivateKey, ...]  # in-band keys the peer may still use, oldest first
    peer_key: PublicKey | None  # the peer's newest in-band key
    restart: bool  # the peer has asked for a new chain
    owes: bool  # the peer has repeated the start of its epoch, and nothing was sealed since that names it
    lineage: list[int]
    sealed: int

    def need(self, now: int) -> Need:
        """Whether to fetch a bundle before sealing."""
        in_band = self.peer_key is not None and self.peer_key.valid(now)
        if not self.sessions:
            return Need.REQUIRED
        if self.sending is None or self.restart:
            return Need.NOTHING if in_band else Need.REQUIRED
        return Need.USEFUL if self.sending.due(now) and not in_band else Need.NOTHING

    def forget_before(self, now: int, emptied_at: int) -> "Pair":
        """Erase in-band keys nobody can still have used; ``emptied_at``: when the mailbox was last read to its end."""
        emptied_at = min(now, emptied_at)
        offers = tuple(key for key in self.offers if not key.forgettable(emptied_at))
        return self if len(offers) == len(self.offers) else replace(self, offers=offers)

    def dump(self) -> bytes:
        """For the encrypted store only. About 10 us, and 10 us for each session that changed."""
        return msgspec.msgpack.encode(
            _Stored(
                _VERSION,
                self.peer,
                self.curve25519,
                tuple(_StoredSession(held.session.id, *held.session.dump(), held.used) for held in self.sessions),
                self.sending,
                self.receiving,
                self.retired,
                self.confirm,
                self.offers,
                self.peer_key,
                self.restart,
                self.owes,
            )
        )


def new(peer: Party, curve25519: bytes) -> Pair:
    """Nothing exchanged yet with this device; ``curve25519`` comes from its record in a verified list."""
    return Pair(peer, curve25519, (), None, (), (), b"", (), None, False, False, [0], 0)


def load(data: bytes) -> Pair:
    """The reverse of ``dump``; Broken("damaged_state"). Sessions are unpickled when they are first used."""
    try:
        stored = msgspec.msgpack.decode(data, type=_Stored)
    except primitives.MISFITS:
        raise Broken("damaged_state", "pair") from None
    if stored.version != _VERSION:
        raise Broken("damaged_state", "version of pair")
    return Pair(
        stored.peer,
        stored.curve25519,
        tuple(Held(olm.Session(one.id, None, one.pickle, one.pickle_key), one.used) for one in stored.sessions),
        stored.sending,
        stored.receiving,
        stored.retired,
        stored.confirm,
        stored.offers,
        stored.peer_key,
        stored.restart,
        stored.owes,
        [0],
        0,
    )


def with_session(sessions: tuple[Held, ...], fresh: Held) -> tuple[Held, ...]:
    """Put in or replace one session; the latest received first, on a tie the smaller id, at most four."""
    rest = [held for held in sessions if held.session.id != fresh.session.id]
    kept = [fresh, *rest[: MAX_SESSIONS - 1]]
    return tuple(sorted(kept, key=lambda held: (-held.used, held.session.id)))


def _latest(sessions: tuple[Held, ...], now: int) -> int:
    """The time for a session that is used now: a clock that went back does not make it an old one."""
    return max(now, sessions[0].used) if sessions else now


def choose_session(pair: Pair, keys: own.Own, bundle: Bundle | None, now: int, *, fresh: bool) -> tuple[Held, ...]:
    """The sessions with the one to send through in front; a new one on the bundle where there is none, or ``fresh``."""
    if pair.sessions and not fresh:
        return pair.sessions
    if bundle is None or bundle.olm is None or not bundle.olm.valid(now):
        if pair.sessions:
            return pair.sessions
        raise GiveUp("no_session", "no session and no valid prekey")
    session = keys.account.start(pair.curve25519, bundle.olm.public)
    return (Held(session, _latest(pair.sessions, now)), *pair.sessions[: MAX_SESSIONS - 1])


def olm_open(pair: Pair, keys: own.Own, kind: int, body: bytes, now: int) -> tuple[tuple[Held, ...], own.Own, bytes]:
    """Open the Olm part: sessions and own keys as they would be afterwards, and the plaintext.

    A first message is looked up by its session id before it may make a session, since on the fallback key it would open
    again and again: Untrusted("replayed") when that session was here and is gone. Untrusted("undecryptable") otherwise.
    """
    candidates = pair.sessions
    if kind == olm.PREKEY_MESSAGE:
        session_id = olm.session_id(body)
        candidates = tuple(held for held in pair.sessions if held.session.id == session_id)
        if not candidates:
            if session_id in keys.accepted:
                raise Untrusted("replayed", "session is gone")
            account, session, plaintext = keys.account.accept(pair.curve25519, body)
            accepted = {**keys.accepted, session.id: keys.generation}
            return (
                with_session(pair.sessions, Held(session, _latest(pair.sessions, now))),
                replace(keys, account=account, accepted=accepted),
                plaintext,
            )
    for held in candidates:
        try:
            session, plaintext = held.session.decrypt(kind, body)
        except Untrusted:
            continue
        return with_session(pair.sessions, Held(session, _latest(pair.sessions, now))), keys, plaintext
    raise Untrusted("undecryptable")


def private_for(pair: Pair, keys: own.Own, key_id: bytes) -> own.PrivateKey:
    """Our private key an epoch was sealed to, in-band or published; GiveUp("unknown_epoch") when it is gone."""
    for key in pair.offers:
        if key.key_id == key_id:
            return key
    key = keys.pq_keys.get(key_id)
    if key is None:
        raise GiveUp("unknown_epoch", "the key it is sealed to is gone")
    return key


def without_key(pair: Pair, keys: own.Own, used: own.PrivateKey) -> tuple[tuple[own.PrivateKey, ...], own.Own]:
    """Offers and own keys after an epoch was installed: the key that opened it is erased, and so are older offers."""
    if used.kind is parties.Kind.PQ_IN_BAND:
        place = next(at for at, key in enumerate(pair.offers) if key.key_id == used.key_id)
        return pair.offers[place + 1 :], keys
    if used.kind is parties.Kind.PQ_ONE_TIME:
        return pair.offers, replace(keys, pq_keys={id: k for id, k in keys.pq_keys.items() if id != used.key_id})
    return pair.offers, keys
