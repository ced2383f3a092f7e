"""A modified client: a registered device whose keys, sessions and connection are genuine, and whose words need not be.

Everything below the payload is the product's own. What is sealed, under which ids, for whom it says it is and when, is
the test's choice.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec

from app.common import ids
from app.content import base, payload, wire
from app.content.payload import Payload
from app.crypto import envelope
from app.net.link import SubmitAnswer
from app.protocol import frames
from app.protocol.devices import DeviceList
from app.storage import messages, notices
from app.storage.transaction import View
from tests.parts.people import Present

# Everything a message, an annotation, a receipt or a mark may change; places in the chat list apart, since the honest
# message that proves the conversation alive moves those.
TABLES = {
    "messages": "row, conversation, message, author, device, outgoing, countable, kind, body, fallback, name_claim, "
    "ord, sequence, sent_at, received_at, bearer, status, reason, edited, retracted",
    "annotations": "*",
    "recipients": "*",
    "parked": "*",
    "repeats": "*",
    "people": "person, account, relation, verified, list_epoch, list_version, list_hash",
    "addresses": "*",
    "conversations": "conversation, wire, person, title, read_order, read_message, out_sequence",
}

World = dict[str, list[tuple[object, ...]]]
Told = dict[tuple[str, str, bytes, bytes], int]  # kind, code, account, device: how often


@dataclass(frozen=True)
class Said:
    """What was sealed: the message id, and the Submit as a modified client would send it."""

    message: bytes
    submit: frames.Submit

    def entry(self, sender: Present, device: bytes, number: int) -> frames.Deliver:
        """The same as the relay would hand it to a device."""
        me = sender.messenger.me
        sealed = next(each.envelope for each in self.submit.envelopes if each.device == device)
        order, content = self.submit.order, self.submit.content
        now = sender.messenger.clock.now()
        return frames.Deliver(number, me.account, me.device, self.submit.submit, order, now, True, content, sealed)


class Adversary:
    """Seals and submits whatever it is told, from a running messenger."""

    def __init__(self, present: Present) -> None:
        self.present = present
        self.messenger = present.messenger

    @property
    def account(self) -> bytes:
        return self.messenger.me.account

    @property
    def device(self) -> bytes:
        return self.messenger.me.device

    async def seal(
        self,
        to: bytes,
        content: base.Form | None = None,
        *,
        kind: str = "",
        body: bytes = b"",
        name: bytes | None = None,
        claims: bytes | None = None,
        message: bytes | None = None,
        submit: bytes | None = None,
        order: int | None = None,
        head_order: int | None = None,
        visible: bool = True,
        raw: bytes | None = None,
        reset: bool = False,
        **fields: object,
    ) -> Said:
        """A Submit to account ``to``. ``claims`` is the payload's ``to``, ``name`` its conversation."""
        app = self.messenger
        message = message or ids.new_id(app.clock)
        order = app.clock.now() if order is None else order
        if content is not None:
            kind, body = content.kind, content.to_wire()
        addressed = claims if claims is not None else to
        spoken = name if name is not None else payload.direct_conversation(app.me.account, ids.AccountId(addressed))
        values: dict[str, object] = {
            "kind": kind,
            "to": addressed,
            "conversation": spoken,
            "sequence": 0,
            "sent_at": app.clock.now(),
            "order": order,
            "sender_name": app.me.name,
            "sender_address": app.me.address,
            "body": body,
        }
        plain = wire.encode(Payload(**(values | fields))) if raw is None else raw  # type: ignore[arg-type]
        head = await app.peers.current(to)
        sealed = await self._sealed(head, plain, message, reset)
        chosen = submit or secrets.token_bytes(16)
        at = order if head_order is None else head_order
        return Said(message, msgspec.structs.replace(sealed, submit=chosen, order=at, visible=visible))

    async def _sealed(self, head: DeviceList, plain: bytes, message: bytes, reset: bool) -> frames.Submit:
        app = self.messenger
        async with app.sessions.holding(app.sessions.recipients(head)):
            plan = await app.sessions.plan(head, reset=reset)
            content = envelope.seal_content(plain, app.me.party, message)
            envelopes = await app.database.write(lambda tx: app.sessions.seal(tx, plan, content))
            app.sessions.settle(plan, committed=True)
        return frames.Submit(bytes(16), head.account, 0, True, content.ciphertext, envelopes, plan.skipped)

    async def post(self, submit: frames.Submit) -> SubmitAnswer:
        """Send it; the relay's answer."""
        return await self.messenger.connection.submit(submit.submit, frames.encode_one(submit))

    async def say(self, to: bytes, content: base.Form | None = None, **how: object) -> Said:
        """Seal and send; the relay must take it."""
        said = await self.seal(to, content, **how)  # type: ignore[arg-type]
        answer = await self.post(said.submit)
        assert isinstance(answer, frames.AcceptedItem), answer
        return said


def reference(target: Present, author: Present, message: bytes, digest: bytes = b"") -> base.Reference:
    """A message between two people, as an annotation names it."""
    one, other = target.messenger.me.account, author.messenger.me.account
    return base.Reference(
        payload.direct_conversation(one, other), ids.AccountId(other), ids.MessageId(message), digest[:16]
    )


def world(view: View, without: Iterable[bytes] = ()) -> World:
    """All rows that something hostile could have changed, but for the messages with these ids."""
    left_out = set(without)
    found: World = {}
    for table, columns in TABLES.items():
        # That an epoch is not confirmed yet comes of the envelope, whatever is in it.
        kept = "WHERE direction <> 'owed'" if table == "repeats" else ""
        rows = [tuple(row) for row in view.rows(f"SELECT {columns} FROM {table} {kept}")]
        found[table] = sorted((row for row in rows if not left_out & {v for v in row if type(v) is bytes}), key=repr)
    return found


def changed(before: World, after: World) -> set[str]:
    """The tables that differ."""
    return {table for table in TABLES if before[table] != after[table]}


class Watcher:
    """Sees what an attempt did to somebody: what changed, what was counted, what was told.

    ``honest`` is a contact whose ordinary message follows each attempt and must arrive.
    """

    def __init__(self, victim: Present, honest: Present, address: str) -> None:
        self.victim = victim
        self._honest = honest
        self._address = address
        self._sent: list[bytes] = []
        self._before: World = {}
        self._counters: dict[str, int] = {}
        self._told: Told = {}

    async def look(self) -> None:
        """Remember how things stand."""
        self._before, self._counters, self._told = await self.victim.messenger.database.read(self._state)

    def _state(self, view: View) -> tuple[World, dict[str, int], Told]:
        told = {(n.kind, n.code, n.account, n.device): n.times for n in notices.pending(view)}
        refused = {name: n for name, n in notices.counters(view).items() if name.startswith("refused/")}
        return world(view, self._sent), refused, told

    async def honest(self) -> None:
        """The next honest message arrives."""
        message = await self._honest.write(self._address, f"honest {len(self._sent)}")
        self._sent.append(message)
        author = self._honest.messenger.me.account
        await self.victim.until(lambda view: messages.find(view, author, message) is not None)

    async def outcome(self) -> tuple[set[str], dict[str, int], Told]:
        """After the next honest message: tables changed, counters that rose, notices that came."""
        await self.honest()
        world_after, counters, told = await self.victim.messenger.database.read(self._state)
        risen = {name: n - self._counters.get(name, 0) for name, n in counters.items()}
        more = {key: n - self._told.get(key, 0) for key, n in told.items()}
        tables = changed(self._before, world_after)
        return tables, {name: n for name, n in risen.items() if n}, {key: n for key, n in more.items() if n}

    async def refused(
        self, code: str, sender: tuple[bytes, bytes], *, times: int = 1, tables: Collection[str] = ()
    ) -> None:
        """Refused, counted, told under one notice, and without any effect but in these tables."""
        expected = (set(tables), {f"refused/{code}": times}, {("refused", code, *sender): times})
        found = await self.outcome()
        assert found == expected, f"{found} instead of {expected}"

    async def did(self, *tables: str) -> None:
        """Taken, with a change in exactly these tables; none: neither an effect nor a refusal."""
        found = await self.outcome()
        assert found == (set(tables), {}, {}), f"{found} instead of {tables}"
