"""Olm accounts and sessions (vodozemac) as values: each step gives a new one, and the old one stays what it was.

vodozemac copies a session only by pickling it (about 10 us) and unpickling it (about 14 us). A value therefore hands
its live object on to its successor and keeps a pickle, of itself or of one of the values before it with the messages
that were opened since: going back to the old value costs the unpickling, and opening those again.
"""

import base64
import secrets
from typing import Final, Generic, Protocol, TypeVar, cast

import vodozemac

from app.common.errors import Broken, Malformed, Untrusted

PREKEY_MESSAGE: Final = 0
NORMAL_MESSAGE: Final = 1
MAX_ONE_TIME_KEYS: Final = 50

Live = TypeVar("Live", vodozemac.Session, vodozemac.Account)

_MEMORY_KEY: Final = secrets.token_bytes(32)
"""Pickles under this key never leave the process."""

_STEPS: Final = 32
"""So many messages are opened again at most, to go back to what was before the last of them."""


class _Holder(Generic[Live]):
    """Holds a live object, its pickle, or both; at least one until it is spent.

    ``_since`` are the steps from the pickled state to this one.
    """

    __slots__ = ("_key", "_live", "_pickle", "_since", "_stored")

    def __init__(self, live: Live | None, pickle: str = "", key: bytes = b"") -> None:
        self._live: Live | None = live
        self._pickle = pickle
        self._key = key
        self._since: tuple[vodozemac.AnyOlmMessage, ...] = ()
        self._stored = bool(pickle)

    def _unpickle(self, pickle: str, key: bytes) -> Live:
        raise NotImplementedError

    def _look(self) -> Live:
        """The live object, for reading only."""
        if self._live is None:
            if not self._pickle:
                raise Broken("stale_state", "a value was used after its successor had encrypted")
            try:
                live = self._unpickle(self._pickle, self._key)
            except vodozemac.PickleException:
                raise Broken("damaged_state", "an Olm pickle does not open") from None
            if self._since:  # once: somebody who sends what cannot be opened must not have all of it opened again
                self._pickle, self._key, self._since = live.pickle(_MEMORY_KEY), _MEMORY_KEY, ()
            self._live = live
        return self._live

    def _take(self) -> Live:
        """The live object, to be changed; this value keeps what it takes to make another like it."""
        live = self._look()
        if not self._pickle or len(self._since) >= _STEPS:
            self._pickle, self._key, self._since = live.pickle(_MEMORY_KEY), _MEMORY_KEY, ()
        self._live = None
        return live

    def _spend(self) -> Live:
        """The live object, to be changed for good: this value cannot be used again."""
        live = self._look()
        self._live, self._pickle, self._since, self._stored = None, "", (), False
        return live

    def dump(self) -> tuple[str, bytes]:
        """Pickle and its key. A changed state gets a fresh random key: pickles under one key show what stayed equal."""
        if not self._stored:
            live = self._look()
            self._key = secrets.token_bytes(32)
            self._pickle, self._since = live.pickle(self._key), ()
            self._stored = True
        return self._pickle, self._key


class _HasFallback(Protocol):
    """What vodozemac's own stubs leave out of Account."""

    @property
    def fallback_key(self) -> dict[str, vodozemac.Curve25519PublicKey]: ...

    def generate_fallback_key(self) -> None: ...


class Session(_Holder[vodozemac.Session]):
    """One Olm session; ``id`` is 32 bytes, equal on both sides."""

    __slots__ = ("id",)

    def __init__(self, id: bytes, live: vodozemac.Session | None, pickle: str = "", key: bytes = b"") -> None:
        super().__init__(live, pickle, key)
        self.id = id

    def _unpickle(self, pickle: str, key: bytes) -> vodozemac.Session:
        live = vodozemac.Session.from_pickle(pickle, key)
        for message in self._since:
            live.decrypt(message)
        return live

    def encrypt(self, plaintext: bytes) -> tuple["Session", int, bytes]:
        """Successor, message type and message. This value is spent: a message key is never used twice."""
        live = self._spend()
        kind, body = live.encrypt(plaintext).to_parts()
        return Session(self.id, live), kind, body

    def decrypt(self, kind: int, body: bytes) -> tuple["Session", bytes]:
        """Successor and plaintext; Untrusted("undecryptable") or Malformed("olm_message") and nothing has changed."""
        message = _parse(kind, body)
        live = self._take()
        try:
            plaintext = live.decrypt(message)
        except vodozemac.OlmDecryptionException:
            raise Untrusted("undecryptable") from None
        after = Session(self.id, live)
        after._pickle, after._key, after._since = self._pickle, self._key, (*self._since, message)
        return after, plaintext


class Account(_Holder[vodozemac.Account]):
    """A device's Olm account. Its Ed25519 key is not used: devices sign with a seed of their own."""

    __slots__ = ("identity",)

    def __init__(self, identity: bytes, live: vodozemac.Account | None, pickle: str = "", key: bytes = b"") -> None:
        super().__init__(live, pickle, key)
        self.identity = identity

    def _unpickle(self, pickle: str, key: bytes) -> vodozemac.Account:
        return vodozemac.Account.from_pickle(pickle, key)

    def add_one_time_keys(self, count: int) -> tuple["Account", list[bytes]]:
        """Successor and the new public keys (32 bytes each), at most 50."""
        live = self._take()
        live.generate_one_time_keys(min(count, MAX_ONE_TIME_KEYS))
        fresh = [key.to_bytes() for key in live.one_time_keys.values()]
        live.mark_keys_as_published()
        return Account(self.identity, live), fresh

    def rotate_fallback(self) -> tuple["Account", bytes]:
        """Successor and the new public fallback key; the one before stays usable, the one before that is gone."""
        live = self._take()
        with_fallback = cast(_HasFallback, live)
        with_fallback.generate_fallback_key()
        (fresh,) = with_fallback.fallback_key.values()
        live.mark_keys_as_published()
        return Account(self.identity, live), fresh.to_bytes()

    def start(self, peer: bytes, key: bytes) -> Session:
        """A session to the device with identity ``peer``, on its one-time or fallback ``key``; Untrusted("bad_key")."""
        try:
            live = self._look().create_outbound_session(
                vodozemac.Curve25519PublicKey.from_bytes(peer), vodozemac.Curve25519PublicKey.from_bytes(key)
            )
        except ValueError:
            raise Untrusted("bad_key") from None
        return Session(_id(live.session_id), live)

    def accept(self, peer: bytes, body: bytes) -> tuple["Account", Session, bytes]:
        """Successor (without the one-time key used), the session a first message makes, and its plaintext.

        Untrusted("undecryptable") when the key is gone, the sender is another, or the message does not open.
        Ask ``session_id`` first: a first message on the fallback key would open again and again.
        """
        message = _parse(PREKEY_MESSAGE, body).to_pre_key()
        if message is None:
            raise Malformed("olm_message")
        live = self._take()
        try:
            session, plaintext = live.create_inbound_session(vodozemac.Curve25519PublicKey.from_bytes(peer), message)
        except ValueError:
            raise Untrusted("undecryptable") from None
        return Account(self.identity, live), Session(_id(session.session_id), session), plaintext


def new_account() -> Account:
    live = vodozemac.Account()
    return Account(live.curve25519_key.to_bytes(), live)


def session_id(body: bytes) -> bytes:
    """The id (32 bytes) of the session a prekey message belongs to, read without any key; Malformed("olm_message")."""
    message = _parse(PREKEY_MESSAGE, body).to_pre_key()
    if message is None:
        raise Malformed("olm_message")
    return _id(message.session_id())


def _parse(kind: int, body: bytes) -> vodozemac.AnyOlmMessage:
    try:
        return vodozemac.AnyOlmMessage.from_parts(kind, body)
    except ValueError:
        raise Malformed("olm_message") from None


def _id(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Malformed("olm_message") from None
