"""A device's own secret keys: its Olm account, its X-Wing prekeys, and the first messages it has already accepted.

Order for everything here: store ``dump()`` durably, then upload the public halves, then mark them ``published``.
"""

from collections.abc import Collection
from typing import Final

import msgspec
from msgspec.structs import replace

from app.common.errors import Broken
from app.crypto import olm, parties, pq, primitives
from app.crypto.parties import Count, Hash, Kind, Party, PublicKey

DAY: Final = 86_400_000
KEY_LIFE: Final = 30 * DAY
"""How long others may seal to a published key."""
GRACE: Final = 7 * DAY
"""How long after its expiry a private key waits for what was sealed in time and sent late."""
ROTATION: Final = 7 * DAY

_VERSION: Final = 1


class PrivateKey(primitives.Silent, frozen=True, array_like=True):
    """The 32-byte seed of an X-Wing key; its public half is computed when it is needed."""

    key_id: bytes
    seed: Hash
    kind: Kind
    created: Count
    expires: Count
    published: bool = False

    def public(self) -> PublicKey:
        return PublicKey(self.kind, self.key_id, pq.public_of(self.seed), self.created, self.expires)

    def forgettable(self, emptied_at: int) -> bool:
        """The mailbox was read to its end after the last moment something sealed to this key could arrive."""
        return emptied_at >= self.expires + GRACE


class Accepted(msgspec.Struct, frozen=True, array_like=True):
    """A session made by a first message, remembered while the fallback key of its time lives."""

    session: Hash
    generation: Count


class _Stored(primitives.Silent, frozen=True, array_like=True):
    version: int
    me: Party
    identity: Hash
    pickle: str
    pickle_key: Hash
    generation: Count
    rotated: Count
    olm_waiting: tuple[PublicKey, ...]
    pq_keys: tuple[PrivateKey, ...]
    accepted: tuple[Accepted, ...]


class Own(primitives.Silent, frozen=True):
    """Everything secret of one device but its sessions. Immutable; each method returns the changed value."""

    me: Party
    account: olm.Account
    generation: int  # of the fallback key; the one before is still accepted
    rotated: int  # when the present fallback key was made
    olm_waiting: tuple[PublicKey, ...]  # Olm keys not known to be published
    pq_keys: dict[bytes, PrivateKey]
    accepted: dict[bytes, int]  # session id -> generation at the time

    @property
    def curve25519(self) -> bytes:
        """The identity key for the device record, 32 bytes."""
        return self.account.identity

    def add_one_time(self, now: int, *, classical: int, post_quantum: int) -> "Own":
        """New one-time keys, at most 50 of each kind; they then appear in ``publishable``."""
        account, fresh = self.account.add_one_time_keys(classical) if classical else (self.account, [])
        waiting = tuple(_public(Kind.OLM_ONE_TIME, key, now) for key in fresh)
        keys = dict(self.pq_keys)
        for _ in range(min(post_quantum, olm.MAX_ONE_TIME_KEYS)):
            key = private_key(Kind.PQ_ONE_TIME, now)
            keys[key.key_id] = key
        return replace(self, account=account, olm_waiting=self.olm_waiting + waiting, pq_keys=keys)

    def publishable(self) -> tuple[PublicKey, ...]:
        """All keys not marked as published, to be signed and uploaded; about 110 us for each post-quantum one."""
        return self.olm_waiting + tuple(key.public() for key in self.pq_keys.values() if not key.published)

    def published(self, key_ids: Collection[bytes]) -> "Own":
        """The relay has confirmed these keys."""
        waiting = tuple(key for key in self.olm_waiting if key.key_id not in key_ids)
        keys = {
            id: replace(key, published=True) if id in key_ids and not key.published else key
            for id, key in self.pq_keys.items()
        }
        return replace(self, olm_waiting=waiting, pq_keys=keys)

    def spend(self, key_ids: Collection[bytes]) -> "Own":
        """Without those of these X-Wing keys that serve once: what was sealed to them has been opened and stored."""
        spent = {id for id in key_ids if id in self.pq_keys and self.pq_keys[id].kind is Kind.PQ_ONE_TIME}
        keys = {id: key for id, key in self.pq_keys.items() if id not in spent}
        return replace(self, pq_keys=keys) if spent else self

    def rotate(self, now: int, emptied_at: int) -> "Own":
        """New fallback and last-resort keys once a week has gone by and the mailbox was emptied since; else ``self``.

        The fallback key before the present one is lost by this, which is why the mailbox comes first.
        """
        due = self.rotated + ROTATION
        if now < due or emptied_at < due:
            return self
        account, public = self.account.rotate_fallback()
        generation = self.generation + 1
        last_resort = private_key(Kind.PQ_LAST_RESORT, now)
        waiting = tuple(key for key in self.olm_waiting if key.kind is not Kind.OLM_FALLBACK)
        return replace(
            self,
            account=account,
            generation=generation,
            rotated=now,
            olm_waiting=(*waiting, _public(Kind.OLM_FALLBACK, public, now)),
            pq_keys={**self.pq_keys, last_resort.key_id: last_resort},
            accepted={id: at for id, at in self.accepted.items() if generation - at < 2},
        )

    def forget_before(self, now: int, emptied_at: int) -> "Own":
        """Erase expired private X-Wing keys; ``emptied_at`` is when the mailbox was last read to its end.

        Call it only after that, in the same connection. The newest last-resort key always stays.
        """
        emptied_at = min(now, emptied_at)
        newest = max(
            (key for key in self.pq_keys.values() if key.kind is Kind.PQ_LAST_RESORT),
            key=lambda key: key.created,
            default=None,
        )
        keys = {id: key for id, key in self.pq_keys.items() if key is newest or not key.forgettable(emptied_at)}
        return self if len(keys) == len(self.pq_keys) else replace(self, pq_keys=keys)

    def dump(self) -> bytes:
        """For the encrypted store only: the pickle key lies beside the pickle, fresh for each changed state."""
        pickle, key = self.account.dump()
        return msgspec.msgpack.encode(
            _Stored(
                _VERSION,
                self.me,
                self.account.identity,
                pickle,
                key,
                self.generation,
                self.rotated,
                self.olm_waiting,
                tuple(self.pq_keys.values()),
                tuple(Accepted(session, generation) for session, generation in self.accepted.items()),
            )
        )


def new(me: Party, now: int) -> Own:
    """A device's first keys: Olm account, fallback key, last-resort key; one-time keys come by ``add_one_time``."""
    account, public = olm.new_account().rotate_fallback()
    last_resort = private_key(Kind.PQ_LAST_RESORT, now)
    waiting = (_public(Kind.OLM_FALLBACK, public, now),)
    return Own(me, account, 0, now, waiting, {last_resort.key_id: last_resort}, {})


def load(data: bytes) -> Own:
    """The reverse of ``dump``; Broken("damaged_state"). Unpickling the account (1 ms) waits until it is needed."""
    try:
        stored = msgspec.msgpack.decode(data, type=_Stored)
    except primitives.MISFITS:
        raise Broken("damaged_state", "own keys") from None
    if stored.version != _VERSION:
        raise Broken("damaged_state", "version of own keys")
    return Own(
        stored.me,
        olm.Account(stored.identity, None, stored.pickle, stored.pickle_key),
        stored.generation,
        stored.rotated,
        stored.olm_waiting,
        {key.key_id: key for key in stored.pq_keys},
        {entry.session: entry.generation for entry in stored.accepted},
    )


def private_key(kind: Kind, now: int) -> PrivateKey:
    """A fresh X-Wing key of this kind."""
    seed = pq.new_seed()
    return PrivateKey(parties.key_id(pq.public_of(seed)), seed, kind, now, now + KEY_LIFE)


def _public(kind: Kind, public: bytes, now: int) -> PublicKey:
    return PublicKey(kind, parties.key_id(public), public, now, now + KEY_LIFE)
