"""The operating system's keychain, through keyring's trustworthy backends only, with every state it can be in named."""

import asyncio
import base64
import binascii
import contextlib
import hmac
import logging
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar, Protocol, cast

from app.common.discreet import Discreet
from app.storage.attempt import Attempt

SERVICE = "Kingfisher"
LIMIT_SECONDS = 30.0
MAX_SECRET = 1024

log = logging.getLogger(__name__)


class State(StrEnum):
    """What the keychain said; only READY carries a secret, and only ABSENT means that there is none to ask.

    READY without a secret: it works and holds nothing for this profile. LOCKED: it was not unlocked, what it holds is
    unknown. ABSENT: no keychain here that can be trusted. CHANGED: it works, but what should be there is not, or is
    something else. REFUSED: it said no, or did not keep what it was given. SLOW: it is there and has given no answer,
    within the time limit or since it ended meanwhile; one may still come, for whoever asks again.
    """

    READY = "ready"
    LOCKED = "locked"
    ABSENT = "absent"
    CHANGED = "changed"
    REFUSED = "refused"
    SLOW = "slow"


class KeychainAnswer(Discreet, frozen=True):
    """A state, and with READY after a read the secret, None when there is no entry."""

    _hidden: ClassVar = ("secret",)

    state: State
    secret: bytes | None = None


class Backend(Protocol):
    """What is used of a keyring backend."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class _BackendClass(Protocol):
    priority: float

    def __call__(self) -> Backend: ...


Proof = Callable[[bytes], bool]


def system_backend() -> Backend | None:
    """The best of the allow-listed backends that works on this system; never what a configuration file asks for.

    Raises TimeoutError when that cannot be told, since whoever has to be asked does not answer.
    """
    # Here and not above: it takes a while, asks the bus, and a profile under a passphrase never needs it.
    from keyring.backends import SecretService, Windows, kwallet, macOS

    trusted = (
        SecretService.Keyring,
        kwallet.DBusKeyring,
        kwallet.DBusKeyringKWallet4,
        macOS.Keyring,
        Windows.WinVaultKeyring,
    )
    ranked = [(_priority(kind), kind) for kind in cast(tuple[_BackendClass, ...], trusted)]
    best, kind = max(ranked, key=lambda each: each[0])
    return kind() if best > 0 else None


def _priority(kind: _BackendClass) -> float:
    """0 for a backend that does not work here: each says so by an error of its own, and only silence is no answer."""
    priority = 0.0
    with Attempt(lambda error: error) as attempt:
        priority = kind.priority
    if attempt.error is not None and _silent(_chain(attempt.error)):
        raise TimeoutError from attempt.error
    return priority


class Keychain:
    """Reads and writes one secret for each profile; every call ends within ``limit`` seconds.

    Each call to the system runs on a thread of its own, which may stand for as long as its user looks at a prompt.
    Asking the same again meanwhile waits for that answer instead of raising a second prompt.
    """

    def __init__(self, backend: Callable[[], Backend | None] = system_backend, limit: float = LIMIT_SECONDS) -> None:
        self._backend = backend
        self.limit = limit
        self._pending: dict[tuple[str, str, str], asyncio.Future[KeychainAnswer]] = {}

    async def read(self, profile_id: str, proof: Proof | None = None) -> KeychainAnswer:
        """The profile's secret. With ``proof`` one is expected: nothing, or what it refuses, is CHANGED."""
        answer = await self._ask("read", profile_id, "", lambda backend: _read(backend, profile_id))
        if answer.state is State.READY and proof is not None and not (answer.secret and proof(answer.secret)):
            return KeychainAnswer(State.CHANGED)
        return answer

    async def write(self, profile_id: str, secret: bytes, *, replace: bool = False) -> KeychainAnswer:
        """Store a secret and read it back. Another one that is there stays, as CHANGED, unless ``replace``."""
        if not 0 < len(secret) <= MAX_SECRET:
            raise ValueError("a keychain secret has 1 to 1024 bytes")
        text = base64.b64encode(secret).decode()
        name = "replace" if replace else "write"
        return await self._ask(name, profile_id, text, lambda backend: _write(backend, profile_id, text, replace))

    async def delete(self, profile_id: str) -> KeychainAnswer:
        """Take the profile's entry away, as when the profile itself is removed; READY also when there was none."""
        return await self._ask("delete", profile_id, "", lambda backend: _delete(backend, profile_id))

    async def _ask(
        self, name: str, profile_id: str, text: str, step: Callable[[Backend], KeychainAnswer]
    ) -> KeychainAnswer:
        key = (name, profile_id, text)
        pending = self._pending.get(key)
        if pending is None:
            pending = self._start(key, step)
        done, _ = await asyncio.wait({pending}, timeout=self.limit)
        return pending.result() if done else KeychainAnswer(State.SLOW)

    def _start(
        self, key: tuple[str, str, str], step: Callable[[Backend], KeychainAnswer]
    ) -> asyncio.Future[KeychainAnswer]:
        loop = asyncio.get_running_loop()
        pending: asyncio.Future[KeychainAnswer] = loop.create_future()
        self._pending[key] = pending

        def settle(answer: KeychainAnswer) -> None:
            del self._pending[key]
            pending.set_result(answer)

        def run() -> None:
            answer = self._answer(step)
            with contextlib.suppress(RuntimeError):  # the loop has ended; nobody asks any more
                loop.call_soon_threadsafe(settle, answer)

        # A daemon: a prompt that nobody answers must not keep the program from ending.
        threading.Thread(target=run, name="keychain", daemon=True).start()
        return pending

    def _answer(self, step: Callable[[Backend], KeychainAnswer]) -> KeychainAnswer:
        answer = KeychainAnswer(State.ABSENT)
        with Attempt(lambda error: error) as attempt:
            backend = self._backend()
            if backend is not None:
                answer = step(backend)
        if attempt.error is None:
            return answer
        state = _state(attempt.error)
        log.info("the keychain answered with %s: %s", type(attempt.error).__name__, state)
        return KeychainAnswer(state)


def _read(backend: Backend, profile_id: str) -> KeychainAnswer:
    text = backend.get_password(SERVICE, profile_id)
    if text is None:
        return KeychainAnswer(State.READY)
    secret = _decode(text)
    return KeychainAnswer(State.CHANGED) if secret is None else KeychainAnswer(State.READY, secret)


def _decode(text: str) -> bytes | None:
    if len(text) > 2 * MAX_SECRET:
        return None
    try:
        return base64.b64decode(text, validate=True) or None
    except (ValueError, binascii.Error):
        return None


def _write(backend: Backend, profile_id: str, text: str, replace: bool) -> KeychainAnswer:
    there = backend.get_password(SERVICE, profile_id)
    if there is not None and not _same(there, text) and not replace:
        return KeychainAnswer(State.CHANGED)
    if there is None or not _same(there, text):
        backend.set_password(SERVICE, profile_id, text)
        there = backend.get_password(SERVICE, profile_id)
    if there is None or not _same(there, text):  # some keychains take everything and keep nothing
        return KeychainAnswer(State.REFUSED)
    return KeychainAnswer(State.READY)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _delete(backend: Backend, profile_id: str) -> KeychainAnswer:
    if backend.get_password(SERVICE, profile_id) is not None:
        backend.delete_password(SERVICE, profile_id)
    return KeychainAnswer(State.READY)


# By name, since the libraries behind keyring are not there on every system; a cause says more than what wraps it.
_STATES = {
    "KeyringLocked": State.LOCKED,
    "LockedException": State.LOCKED,
    "NoKeyringError": State.ABSENT,
    "SecretServiceNotAvailableException": State.ABSENT,
}


_NO_REPLY = "org.freedesktop.DBus.Error.NoReply"  # what the bus answers for a service that ended while it was asked


def _chain(error: BaseException) -> list[BaseException]:
    """The error, and what it came from."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None:
        chain.append(link)
        link = link.__cause__
    return chain


def _silent(chain: list[BaseException]) -> bool:
    """Time ran out; a bus that is too busy to take a connection says that it would block."""
    return any(
        isinstance(each, TimeoutError | BlockingIOError) or getattr(each, "name", None) == _NO_REPLY for each in chain
    )


def _state(error: BaseException) -> State:
    chain = _chain(error)
    if _silent(chain):
        return State.SLOW
    for each in chain:
        if type(each).__name__ in _STATES:
            return _STATES[type(each).__name__]
        if isinstance(each, OSError | EOFError):
            return State.ABSENT
    return State.REFUSED
