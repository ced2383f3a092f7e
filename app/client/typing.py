"""Typing: ephemerals to and from accepted people, under the running epochs, never stored and never repeated."""

import logging

import msgspec

from app.client import changes, peers
from app.client.me import Me
from app.client.sessions import Sessions
from app.client.settings import Settings
from app.common import clock, errors, ids, tasks
from app.common.recent import Recent
from app.content.annotations import Typing as Sign
from app.crypto.parties import Party
from app.net.connection import Connection
from app.protocol import frames
from app.storage import conversations, people
from app.storage.database import Database
from app.storage.transaction import View

log = logging.getLogger(__name__)

LASTS = 6.0  # seconds a sign of typing holds without another
HEARD = 1024  # devices whose last counters are remembered, so that a sign cannot come again
EPOCHS = 8  # of each device; more than one keeps open


class _Peer(msgspec.Struct, frozen=True):
    conversation: bytes
    account: bytes
    wire: bytes
    accepted: bool


class Typing:
    """Who is typing, and saying that one is."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        directory: peers.Peers,
        sessions: Sessions,
        settings: Settings,
        hub: changes.Hub,
        me: Me,
        time: clock.Clock,
    ) -> None:
        self._database = database
        self._connection = connection
        self._peers = directory
        self._sessions = sessions
        self._settings = settings
        self._hub = hub
        self._me = me
        self._clock = time
        self._owner = tasks.TaskOwner("typing")
        self._until: dict[bytes, float] = {}
        self._fading: set[bytes] = set()  # conversations with a task that ends their sign
        self._heard: Recent[Party, Recent[bytes, int]] = Recent(HEARD)
        self._counter = 0

    async def close(self) -> None:
        """Forget it all."""
        await self._owner.close()

    def typing(self, conversation: bytes) -> bool:
        """Whether the other side of a conversation is typing now."""
        return self._until.get(conversation, 0.0) > self._clock.monotonic()

    async def say(self, conversation: bytes, *, on: bool) -> None:
        """The user began or stopped typing; goes to accepted people only, if the user allows it, and may get lost."""
        if not self._settings.values.send_typing:
            return
        peer = await self._database.read(lambda view: _peer_of(view, conversation))
        if peer is None or not peer.accepted:
            return
        head = await self._peers.known(peer.account)
        if head is None:
            return
        self._counter = max(self._clock.now(), self._counter + 1)
        body = Sign(peer.wire, on).to_wire()
        items = await self._sessions.whisper(head, body, self._counter)
        if items:
            self._connection.ephemeral(peer.account, items)

    def heard(self, frame: frames.DeliverEphemeral) -> None:
        """An ephemeral came; whatever is wrong with it, it is dropped."""
        self._owner.spawn(self._hear(frame), name="hear")

    async def _hear(self, frame: frames.DeliverEphemeral) -> None:
        sender = Party(frame.account, frame.device)
        wire = peers.wire_of(self._me.account, frame.account)
        try:
            head = await self._peers.current(frame.account)
            opened = await self._sessions.overhear(head, sender, frame.body, self._heard.get(sender) or {})
            sign = Sign.from_wire(opened.payload)
        except errors.KingfisherError as error:
            log.debug("an ephemeral was dropped: %s", error.code)
            return
        last = self._heard.setdefault(sender, Recent(EPOCHS))
        if opened.counter <= last.get(opened.epoch, -1):
            return  # the same came twice at once
        last[opened.epoch] = opened.counter
        peer = await self._database.read(lambda view: _peer_at(view, wire))
        if peer is None or not peer.accepted or sign.conversation != wire:
            return
        self._show(peer.conversation, on=sign.on)

    def _show(self, conversation: bytes, *, on: bool) -> None:
        """A sign that comes again renews the one that is fading already."""
        if on:
            self._until[conversation] = self._clock.monotonic() + LASTS
            if conversation not in self._fading:
                self._fading.add(conversation)
                self._owner.spawn(self._fade(conversation), name="fade")
        else:
            self._until.pop(conversation, None)
        self._hub.publish([changes.TypingChanged(conversation)])

    async def _fade(self, conversation: bytes) -> None:
        while self.typing(conversation):
            await self._clock.sleep(self._until[conversation] - self._clock.monotonic())
        self._fading.discard(conversation)
        if self._until.pop(conversation, None) is not None:
            self._hub.publish([changes.TypingChanged(conversation)])


def _peer_of(view: View, conversation: bytes) -> _Peer | None:
    where = conversations.get(view, conversation)
    if where is None or where.wire is None or where.person is None:
        return None
    known = people.get(view, where.person)
    if known is None or known.account is None:
        return None
    return _Peer(conversation, ids.AccountId(known.account), where.wire, known.relation == "accepted")


def _peer_at(view: View, wire: bytes) -> _Peer | None:
    where = conversations.by_wire(view, wire)
    return _peer_of(view, where.conversation) if where is not None else None
