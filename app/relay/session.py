"""One WebSocket of one device: log in, submit, deliver, acknowledge, within its credits."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aiohttp import WSMsgType, web

from app.common import errors
from app.common.clock import Clock
from app.protocol import frames, limits
from app.relay import telemetry
from app.relay.accounts import Account, Accounts, Device
from app.relay.directory import Lookups
from app.relay.entrance import Entrance
from app.relay.ephemerals import Ephemerals
from app.relay.hub import Hub
from app.relay.mailbox import Box, Post
from app.relay.store.base import Outcome, Record, Relation, Row, Store
from app.relay.texts.texts import Texts
from app.relay.wire import Wire

STRIKES: Final = 20  # malformed frames before the connection is closed
PAGE_ROWS: Final = 64
PAGE_BYTES: Final = 256 * limits.KIB
_NAMING: Final = frozenset({"rate_limited", "mailbox_full", "too_large", "too_many"})  # their detail is a limit


@dataclass(frozen=True, slots=True)
class Parts:
    """What every session works with."""

    hub: Hub
    accounts: Accounts
    lookups: Lookups
    post: Post
    store: Store
    counts: telemetry.Telemetry
    clock: Clock
    entrance: Entrance
    ephemerals: Ephemerals
    refusing: Callable[[], str]  # the code with which new submits are put off, or nothing
    texts: Texts
    own_addresses: Callable[[Account], frames.OwnAddresses]


class Session:
    """A connection from its Hello to its end."""

    # fmt: off
    __slots__ = (
        "__weakref__", "_box", "_caught_up", "_closed", "_cursor", "_flight", "_flight_bytes", "_goal", "_hello",
        "_live", "_network", "_now", "_parts", "_reading", "_strikes", "_unsettled", "_wire", "device", "heard",
        "opened",
    )
    # fmt: on

    def __init__(self, parts: Parts, transport: asyncio.Transport, network: str | None) -> None:
        self._parts = parts
        self._network = network  # None: not counted
        self._hello = parts.entrance.hello()
        self._wire = Wire(transport, parts.hub.mark, self._slow)
        self._closed = self._unsettled = False
        self._strikes = 0
        self.device: Device | None = None
        self.opened = self.heard = self._now = parts.clock.now()
        self._box: Box | None = None
        self._flight: dict[int, tuple[int, int]] = {}  # entry: sender, size
        self._flight_bytes = self._cursor = self._goal = 0
        self._live = self._caught_up = self._reading = False

    async def run(self, socket: web.WebSocketResponse) -> None:
        """Until either side ends it."""
        parts = self._parts
        parts.hub.links.add(self)
        try:
            self._wire.push(self._hello)
            async for message in socket:
                if message.type is not WSMsgType.BINARY:
                    self._strike(1)
                elif self.device is not None:
                    self._receive(message.data)
                elif not self._closed:
                    await self._enter(message.data)
        finally:
            self._leave()

    # in

    async def _enter(self, data: bytes) -> None:
        """The first message: Login, and perhaps more behind it."""
        self._now = self.heard = self._parts.clock.now()
        try:
            batch = frames.decode_client(data)
            if not batch.frames or not isinstance(batch.frames[0], frames.Login):
                raise errors.Malformed("not_logged_in")
            await self._log_in(batch.frames[0])
        except errors.KingfisherError as error:
            self.refuse(error)
            self._close()
            return
        for frame in batch.frames[1:]:
            self._handle(frame)

    async def _log_in(self, wish: frames.Login) -> None:
        parts = self._parts
        device = await parts.entrance.admit(self._hello, wish, self._network)
        if self._closed:
            parts.entrance.depart(device)
            return
        if device.session is not None:
            device.session.end("replaced")
        device.session = self
        self.device = device
        parts.counts.logins += 1
        parts.store.ephemeral.subscribe(device.number, self._wire.push_if_idle)
        self._welcome(device)

    def _welcome(self, device: Device) -> None:
        parts = self._parts
        box = self._box = device.box
        box.receiver = self
        self._goal = parts.post.next - 1
        self._wire.push(parts.entrance.welcome(device, parts.hub.issue(self, self._now), self._now))
        terms = parts.texts.terms(device.account)
        if terms is not None:
            self._wire.push(terms)
        self._wire.push(parts.own_addresses(device.account))
        expired = parts.store.mail.expired(device.number)
        if expired:
            self._wire.push(frames.Expired(tuple(expired[: limits.FRAMES])))
        joined = parts.store.directory.joined_by(device.account.id, self._now - limits.RETENTION)
        if joined:
            accounts, addresses = zip(*joined, strict=True)
            self._wire.push(frames.Joined(accounts, addresses))
        self._read_on()

    def _receive(self, data: bytes) -> None:
        self._now = self.heard = self._parts.clock.now()
        if self._closed:
            return
        try:
            batch = frames.decode_client(data)
        except errors.Malformed as error:
            self._strike(1, error.code)
            return
        if batch.unknown:
            self._parts.counts.unknown_frames += batch.unknown
        for frame in batch.frames:
            self._handle(frame)
        if batch.malformed:
            self._strike(batch.malformed)

    def _handle(self, frame: frames.ClientFrame) -> None:
        if self._closed:
            return
        try:
            self._HANDLERS[type(frame)](self, frame)
        except errors.KingfisherError as error:
            self.refuse(error, getattr(frame, "submit", b""), getattr(frame, "request", 0))

    def _strike(self, count: int, code: str = "malformed") -> None:
        """One answer for a message, however much in it was wrong; too much of it ends the connection."""
        self._parts.counts.malformed_frames += count
        self._strikes += count
        self.refuse(errors.Malformed(code))
        if self._strikes > STRIKES:
            self._close()

    def _on_login(self, frame: frames.Login) -> None:
        raise errors.GiveUp("malformed")

    def _on_submit(self, frame: frames.Submit) -> None:
        device = self.device
        if device is None:
            return
        parts = self._parts
        account = device.account
        record = parts.store.mail.known(device.number, frame.submit)
        to = parts.accounts.get(frame.to, self._now)
        if record is not None:
            self._answer_again(record, to)
            return
        now = self._now
        if frame.order > now + limits.AHEAD:
            raise errors.AgainLater("clock")
        self._write_for(account)
        if to is None:
            raise errors.GiveUp("no_account")
        if to.gone or not to.fits(frame, device) or not to.head.rich:
            self._wire.push(frames.StaleDevices(frame.submit, frame.to, to.head.digest))
            return
        if not frame.envelopes:
            raise errors.Malformed("malformed")
        record = to.mailbox.accept(device.author, frame, to.relations.get(account.number, 0), now)
        record.waiting = self._accepted
        if frame.visible and to.number not in account.relations:
            with contextlib.suppress(errors.GiveUp):  # too many: the message is on its way all the same
                parts.accounts.relate(account, to, Relation.ACCEPTED)

    def _write_for(self, account: Account) -> None:
        refusing = self._parts.refusing()
        if refusing:
            raise errors.AgainLater(refusing, retry_after=1)
        account.charge(self._now)

    def _answer_again(self, record: Record, to: Account | None) -> None:
        """A known submit id is answered from its record, whatever the device list says today."""
        if to is None or to.number != record.to:
            raise errors.Broken("submit_changed")
        if record.outcome == Outcome.ACCEPTED:
            record.when_durable(self._accepted)
        else:
            # The mark must be on the disk before anybody may rely on it.
            record.when_durable(lambda done: self.refuse(errors.GiveUp("withdrawn"), done.submit))

    def _accepted(self, record: Record) -> None:
        """The commit is on the disk."""
        self._parts.counts.accepted += 1
        self._wire.accept(record.submit, record.at)

    def _on_ack(self, frame: frames.Ack) -> None:
        device, box = self.device, self._box
        if device is None or box is None:
            return
        known: list[tuple[int, int, int]] = []
        for entry in frame.entries:
            found = self._flight.pop(entry, None)
            if found is not None:  # else it was not handed over on this very connection
                self._flight_bytes -= found[1]
                known.append((entry, *found))
        self._parts.counts.acknowledged += len(known)
        self._parts.counts.stray_acks += len(frame.entries) - len(known)
        if known:
            device.account.mailbox.acknowledge(box, known)
        if not self._live:
            self._read_on()

    def _on_withdraw(self, frame: frames.Withdraw) -> None:
        device = self.device
        if device is None:
            return
        parts = self._parts
        if parts.store.mail.known(device.number, frame.submit) is None:
            self._write_for(device.account)  # a mark, that it never came
        to = parts.accounts.get(frame.to, self._now)
        answer, record = parts.post.withdraw(device.author, frame, to.mailbox if to else None, self._now)
        if record is None:
            self._wire.push(frames.Withdrawn(frame.submit, answer.value))
        else:
            record.when_durable(lambda done: self._wire.push(frames.Withdrawn(done.submit, answer.value)))

    def _on_ephemeral(self, frame: frames.SendEphemeral) -> None:
        if self.device is not None:
            self._parts.counts.ephemerals += self._parts.ephemerals.send(self.device, frame, self._now)

    def _on_lookup(self, frame: frames.Lookup) -> None:
        if self.device is not None:
            self._wire.push(self._parts.lookups.answer(self.device.account, frame, self._network, self._now))
            self._parts.counts.lookups += 1

    def _on_watch(self, frame: frames.Watch) -> None:
        self._parts.hub.watch(self, frame.accounts)

    def _on_relation(self, frame: frames.Relation) -> None:
        other = self._parts.accounts.get(frame.account, self._now)
        if self.device is not None and other is not None:
            self._parts.accounts.relate(self.device.account, other, frame.state)
            self._unsettled = True

    def _on_ping(self, frame: frames.Ping) -> None:
        """Pong says besides that every Relation before it is on the disk."""
        if not self._unsettled:
            self._wire.push(frames.Pong(frame.mark))
            return
        self._unsettled = False
        self._parts.store.lifetime.flush().add_done_callback(
            lambda done: None if done.cancelled() or done.exception() else self._wire.push(frames.Pong(frame.mark))
        )

    def _on_text(self, frame: frames.SubmitText | frames.WithdrawText) -> None:
        if self.device is not None:
            self._parts.texts.take(self.device, frame, self)

    _HANDLERS: ClassVar[dict[type[frames.Frame], Callable[["Session", Any], None]]] = {
        frames.Login: _on_login,
        frames.Submit: _on_submit,
        frames.Ack: _on_ack,
        frames.Withdraw: _on_withdraw,
        frames.SendEphemeral: _on_ephemeral,
        frames.Lookup: _on_lookup,
        frames.Watch: _on_watch,
        frames.Relation: _on_relation,
        frames.Ping: _on_ping,
        frames.SubmitText: _on_text,
        frames.WithdrawText: _on_text,
    }

    # out

    def offer(self, row: Row) -> None:
        """A new entry of this device's mailbox, perhaps not durable yet."""
        if not self._live:
            return
        if len(self._flight) < limits.CREDITS and self._flight_bytes + row.size <= limits.CREDIT_BYTES:
            self._deliver(row)
        else:
            self._live = False  # from here on it is read from the store as credits come back

    def _deliver(self, row: Row) -> None:
        """Hand one entry over; from now on it may be with the device."""
        box = self._box
        if box is None:
            return
        entry = self._cursor = row.entry
        if entry > box.handed:
            box.handed = entry
        self._flight[entry] = row.sender, row.size
        self._flight_bytes += row.size
        self._parts.counts.delivered += 1
        self._wire.push_encoded(row.body)

    def _read_on(self) -> None:
        """Hand over what lies in the mailbox behind the cursor, a page at a time, as far as the credits go."""
        self._reading = False
        box = self._box
        if box is None or self._closed or self._live:
            return
        room = min(PAGE_ROWS, limits.CREDITS - len(self._flight))
        space = min(PAGE_BYTES, limits.CREDIT_BYTES - self._flight_bytes)
        if room <= 0 or space <= 0:
            return
        rows = self._parts.store.mail.read(box.number, self._cursor, room, space)
        for row in rows:
            if self._flight and self._flight_bytes + row.size > limits.CREDIT_BYTES:
                return
            self._deliver(row)
        if not rows:
            self._live = True
        if not self._caught_up and (self._live or self._cursor >= self._goal):
            self._caught_up = True
            self._wire.push(frames.CaughtUp())
        if not self._live:
            self._again()

    def _again(self) -> None:
        if not self._reading:
            self._reading = True
            asyncio.get_running_loop().call_soon(self._read_on)

    def refuse(self, error: errors.KingfisherError, submit: bytes = b"", request: int = 0) -> None:
        self._parts.counts.refused[error.code] += 1
        wait = round((error.retry_after or 0) * 1000)
        limit = error.detail if error.code in _NAMING else ""
        self._wire.push(frames.Refused(error.code, submit, request, wait, limit, self._now))

    # what others say to it

    def tell(self, frame: frames.Frame) -> None:
        self._wire.push(frame)

    def joined(self, account: bytes) -> None:
        self._wire.push(frames.Joined((account,), (self._parts.store.directory.address_of(account),)))

    def notice(self, code: str) -> None:
        self._wire.push(frames.Refused(code, now=self._now))

    def end(self, code: str) -> None:
        """Say why, if there is something to say, and close."""
        if not self._closed:
            if code:
                self.notice(code)
            self._close()

    def _close(self) -> None:
        self._wire.close()
        self._leave()

    def _slow(self) -> None:
        self._parts.counts.slow_readers += 1

    def _leave(self) -> None:
        """Out of every table, at once; the mailbox keeps what was not acknowledged."""
        if self._closed:
            return
        self._closed = True
        parts = self._parts
        parts.hub.leave(self)
        device, self.device = self.device, None
        if device is None:
            return
        parts.store.ephemeral.unsubscribe(device.number, self._wire.push_if_idle)
        if device.session is self:
            device.session = None
            device.box.receiver = None
        parts.entrance.depart(device)
