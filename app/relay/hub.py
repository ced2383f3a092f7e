"""All connections: one write per connection and turn of the loop, tokens, and who watches whose list."""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from app.protocol import frames, limits
from app.relay.accounts import Account, Device
from app.relay.store.base import Relation
from app.relay.wire import Wire

TOKEN_SIZE: Final = 32
SILENT: Final = 3 * limits.HEARTBEAT  # milliseconds without a frame after which a connection is taken for dead


class Link(Protocol):
    """What the hub needs of a session."""

    device: Device | None
    heard: int
    opened: int

    def tell(self, frame: frames.Frame) -> None: ...

    def end(self, code: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Token:
    link: Link
    ends: int


class Hub:
    """The table of connections. Everything in it runs on the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.links: set[Link] = set()
        self._dirty: list[Wire] = []
        self._scheduled = False
        self._tokens: dict[bytes, _Token] = {}
        self._held: dict[Link, list[bytes]] = {}  # names of each link's tokens
        self._due: deque[tuple[int, Link]] = deque()
        self._watchers: dict[bytes, set[Link]] = {}
        self._watched: dict[Link, frozenset[bytes]] = {}

    def mark(self, wire: Wire) -> None:
        """This one has something to write; called once until its next flush."""
        self._dirty.append(wire)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what every connection has collected in this turn, each in one go."""
        self._scheduled = False
        dirty, self._dirty = self._dirty, []
        for wire in dirty:
            wire.flush()

    def issue(self, link: Link, now: int) -> bytes:
        """A new token for HTTP; only its hash is kept."""
        token = secrets.token_bytes(TOKEN_SIZE)
        name = hashlib.sha256(token).digest()
        self._tokens[name] = _Token(link, now + limits.TOKEN)
        self._held[link] = [*self._held.get(link, ())[-1:], name]
        self._due.append((now + limits.TOKEN_RENEWAL, link))
        return token

    def holder(self, token: bytes, now: int) -> Device | None:
        """The device a token was given to, while its connection lives."""
        found = self._tokens.get(hashlib.sha256(token).digest())
        return found.link.device if found is not None and found.ends > now and found.link in self.links else None

    def watch(self, link: Link, accounts: Iterable[bytes]) -> None:
        """Tell this link when one of these changes; replaces what it watched before."""
        for account in self._watched.pop(link, ()):
            watchers = self._watchers.get(account)
            if watchers is not None:
                watchers.discard(link)
                if not watchers:
                    del self._watchers[account]
        wanted = frozenset(accounts)
        if wanted:
            self._watched[link] = wanted
            for account in wanted:
                self._watchers.setdefault(account, set()).add(link)

    def list_changed(self, account: Account) -> None:
        """Tell those who watch the account, its own devices, and of the others only whom it ever wrote to."""
        for link in tuple(self._watchers.get(account.id, ())):
            device = link.device
            if device is None:
                continue
            if device.account is account or account.relation(device.account.number) == Relation.ACCEPTED:
                link.tell(frames.Changed(account.id))

    def leave(self, link: Link) -> None:
        """Forget the link and its tokens."""
        self.links.discard(link)
        self.watch(link, ())
        for name in self._held.pop(link, ()):
            self._tokens.pop(name, None)

    def tick(self, now: int) -> None:
        """Every second or so: renew tokens, drop old ones, end the silent and those who never logged in."""
        while self._due and self._due[0][0] <= now:
            _, link = self._due.popleft()
            if link in self.links:
                link.tell(frames.Token(self.issue(link, now)))
        for name in [name for name, token in self._tokens.items() if token.ends <= now]:
            del self._tokens[name]
        for link in tuple(self.links):
            if link.device is None and link.opened < now - limits.NONCE:
                link.end("not_logged_in")
            elif link.heard < now - SILENT:
                link.end("")

    def drain(self, retry_after: int) -> None:
        """Tell everybody that the relay goes down."""
        for link in tuple(self.links):
            link.tell(frames.Drain(retry_after))
        self.flush()

    def end_all(self, code: str) -> None:
        for link in tuple(self.links):
            link.end(code)
