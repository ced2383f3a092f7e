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
from app.domain.bearer import Bearer
from app.net.connection import Connection
from app.protocol import frames
from app.storage import conversations, messages, people
from app.storage.database import Database
from app.storage.transaction import View

log = logging.getLogger(__name__)

LASTS = 6.0  # seconds a sign of typing holds without another
HEARD = 1024  # devices whose last counters are remembered, so that a sign cannot come again
EPOCHS = 8  # of each device; more than one keeps open
LOOKED_AT = 8  # newest messages of a conversation among which there may be the one that was being written


class _Peer(msgspec.Struct, frozen=True):
    conversation: bytes
    account: bytes
    wire: bytes
    accepted: bool


class Shown(msgspec.Struct, frozen=True):
    """A sign that is shown: of which device, given when (its clock, ms), and how long it holds (monotonic, s)."""

    device: bytes
    given: int
    until: float


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
        self._signs: dict[bytes, Shown] = {}
        self._fading: set[bytes] = set()  # conversations with a task that ends their sign
        self._heard: Recent[Party, Recent[bytes, int]] = Recent(HEARD)
        self._counter = 0

    async def close(self) -> None:
        """Forget it all."""
        await self._owner.close()

    def typing(self, conversation: bytes) -> bool:
        """Whether the other side of a conversation is typing now."""
        sign = self._signs.get(conversation)
        return sign is not None and sign.until > self._clock.monotonic()

    def changed(self, change: changes.Change) -> None:
        """A message that comes says itself that it is no longer being written."""
        if isinstance(change, changes.MessagesChanged) and change.added and change.conversation in self._signs:
            self._owner.spawn(self._end(change.conversation), name="end")

    async def say(self, conversation: bytes, *, on: bool) -> None:
        """The user began or stopped typing; goes to accepted people only, if the user allows it, and may get lost."""
        if not self._settings.values.send_typing:
            return
        given = self._counter = max(self._clock.now(), self._counter + 1)  # before the message that may follow at once
        peer = await self._database.read(lambda view: _peer_of(view, conversation))
        if peer is None or not peer.accepted:
            return
        head = await self._peers.known(peer.account)
        if head is None:
            return
        items = await self._sessions.whisper(head, Sign(peer.wire, on).to_wire(), given)
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
        shown = Shown(frame.device, opened.counter, self._clock.monotonic() + LASTS)
        await self._show(peer.conversation, shown, on=sign.on)

    async def _show(self, conversation: bytes, sign: Shown, *, on: bool) -> None:
        """A sign that comes again renews the one that is fading already; one that its message overtook is none."""
        if not on:
            self._signs.pop(conversation, None)
        else:
            self._signs[conversation] = sign
            if conversation not in self._fading:
                self._fading.add(conversation)
                self._owner.spawn(self._fade(conversation), name="fade")
            if await self._end(conversation) or self._signs.get(conversation) is not sign:
                return
        self._hub.publish([changes.TypingChanged(conversation)])

    async def _end(self, conversation: bytes) -> bool:
        """Take the sign back when there is a message of that device that was written after it."""
        sign = self._signs.get(conversation)
        if sign is None or not await self._database.read(lambda view: _written(view, conversation, sign)):
            return False
        if self._signs.get(conversation) is sign:
            del self._signs[conversation]
            self._hub.publish([changes.TypingChanged(conversation)])
        return True

    async def _fade(self, conversation: bytes) -> None:
        while (sign := self._signs.get(conversation)) is not None and self.typing(conversation):
            await self._clock.sleep(sign.until - self._clock.monotonic())
        self._fading.discard(conversation)
        if self._signs.pop(conversation, None) is not None:
            self._hub.publish([changes.TypingChanged(conversation)])


def _written(view: View, conversation: bytes, sign: Shown) -> bool:
    return any(
        not each.outgoing and each.bearer == Bearer.RICH and each.device == sign.device and each.sent_at >= sign.given
        for each in messages.before(view, conversation, None, LOOKED_AT)
    )


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
