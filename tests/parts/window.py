"""A furnished profile for the screen's tests: an offline messenger over a store with every state in it."""

import atexit
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from app.client import account, changes
from app.client.messenger import Messenger, open_messenger
from app.client.settings import Settings
from app.common import ids
from app.common.clock import ManualClock
from app.common.profile import Profile
from app.content import catalog, text
from app.content.base import Form
from app.crypto import identity
from app.domain import delivery
from app.domain.plan import Kind, Plan, UsedUp
from app.net.transport import WebSocketTransport
from app.storage import conversations, ledger, messages, own, people, recipients, search
from app.storage.database import Database
from app.storage.transaction import Tx
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.theme import Theme

W = TypeVar("W", bound=QWidget)

KEY = bytes(range(32))
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = int(datetime(2026, 11, 10, 9, 41, tzinfo=UTC).timestamp() * 1000)  # a Tuesday
RELAY = ids.RelayId(b"R" * 32)
NAMES = ("Maya Okafor", "Priya Raman", "Aiko Tanabe", "Jonas Lind", "Theo Marchetti", "Sam Whitlock", "Leo Brandt")
_EVENT = delivery.Event
_SENT = (_EVENT.ATTEMPT, _EVENT.ACCEPTED)
_STEPS: dict[delivery.Status, tuple[delivery.Event, ...]] = {
    delivery.Status.QUEUED: (),
    delivery.Status.SENDING: (_EVENT.ATTEMPT,),
    delivery.Status.SENT: _SENT,
    delivery.Status.DELIVERED: (*_SENT, _EVENT.DELIVERED),
    delivery.Status.READ: (*_SENT, _EVENT.DELIVERED, _EVENT.READ),
    delivery.Status.FAILED: (_EVENT.ATTEMPT, _EVENT.REJECTED),
}
LONG_NAME = "Maximiliana Konstantina von Hohenstaufen-Wittelsbach der Großen"
RTL_NAME = "נועה ברקוביץ"


@dataclass
class Said:
    """What was said over the window: each sentence with the action it offered."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    then: Callable[[], None] | None = None  # what the action of the last one does

    def __call__(self, text: str, action: str = "", then: Callable[[], None] | None = None) -> None:
        self.lines.append((text, action))
        self.then = then

    def act(self) -> None:
        """Press what was offered last."""
        assert self.then is not None
        self.then()


def control(root: QWidget, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
    """The one visible-or-not control below ``root`` with that accessible name; fails when there is none or several."""
    found = [
        each for each in (root, *root.findChildren(kind)) if isinstance(each, kind) and each.accessibleName() == name
    ]
    shown = [each for each in found if each.isVisibleTo(root)] or found
    named = sorted({each.accessibleName() for each in root.findChildren(QWidget) if each.accessibleName()})
    assert len(shown) == 1, f"{len(shown)} controls are named {name!r}; there are {named}"
    return shown[0]


def _account(name: str) -> ids.AccountId:
    return ids.AccountId((name.encode() * 32)[:32])


def person_of(name: str) -> bytes:
    """The person and the conversation that ``furnished`` made under this name."""
    return (b"person:" + name.encode() + bytes(16))[:16]


async def create(home: Profile, clock: ManualClock, *, name: str = "Noor Haddad") -> None:
    """A registered profile that no relay knows."""
    home.prepare()
    database = await Database.open(home.store, KEY, clock, lambda _: None)
    try:
        row = account._new_own(identity.new_code(), RELAY, ("http://127.0.0.1:9",), "noor@example.com", name, clock)

        def write(tx: Tx) -> None:
            own.create(tx, row)
            own.set_registered(tx, "noor@example.com")
            own.confirm_code(tx)

        await database.write(write)
    finally:
        await database.close()


class Furniture:
    """Puts people and messages into a store, as the use cases do."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger
        self._clock = ManualClock(NOW)

    async def meet(
        self, name: str, *, address: str = "", relation: people.Relation = "accepted", verified: bool = False
    ) -> bytes:
        """A person with a conversation; both have the id ``person_of(name)``."""
        person = person_of(name)

        def write(tx: Tx) -> None:
            people.create(tx, person, account=_account(name), name=name, relation=relation)
            people.put_address(tx, address or f"{name.split()[0].lower()}@example.com", person)
            conversations.ensure_direct(tx, person, bytes(reversed(person)) * 2)
            if verified:
                people.set_verified(tx, person, True)
            tx.note(changes.ContactsChanged(frozenset({person})))
            tx.note(changes.ConversationsChanged(frozenset({person})))

        await self.messenger.database.write(write)
        return person

    async def say(
        self,
        name: str,
        words: str,
        at: int,
        *,
        own_words: bool = False,
        status: delivery.Status = delivery.Status.READ,
        reason: str = "",
        content: Form | None = None,
    ) -> int:
        """A message in the conversation with ``name`` at that time; its row."""
        person, me = person_of(name), self.messenger.me
        kind, body = catalog.encode(content or text.Text(words))
        author, device = (me.account, me.device) if own_words else (_account(name), ids.DeviceId(b"d" * 16))
        made = messages.NewMessage(
            person,
            ids.new_id(self._clock),
            author,
            device,
            kind,
            body,
            at,
            at,
            outgoing=own_words,
            countable=not own_words,
            received_at=at,
            status=delivery.Status.QUEUED if own_words else "",
        )

        def write(tx: Tx) -> int:
            row = messages.insert(tx, made).row
            if own_words:
                recipients.add(tx, row, person, account=_account(name))
                for number, event in enumerate(_STEPS[status]):
                    recipients.apply(tx, row, person, event, reason, at + number * 1000)
            search.index(tx, row, words)
            conversations.raise_order(tx, person, at)
            tx.run("UPDATE conversations SET active_at = ? WHERE conversation = ?", (at, person))
            tx.note(changes.MessagesChanged(person, added=frozenset({row})))
            tx.note(changes.ConversationsChanged(frozenset({person})))
            return row

        return await self.messenger.database.write(write)

    async def texts(self, count: int = 60) -> None:
        """The plan of the mockup, 88 of 100 texts used, and as many entries in the ledger."""
        plan = Plan(Kind.LIMITED, 100, when_used_up=UsedUp.ASK, price=12, mms_price=40, currency="GBP")
        peers = ("+12025550143", "+447700900142", "+447700900143")

        def write(tx: Tx) -> None:
            ledger.set_plan(tx, plan)
            settled = 0
            for number in range(count):
                submit, mine = number.to_bytes(16, "big"), number % 5 != 4
                state = "released" if mine and number % 17 == 0 else "settled"
                settled += mine and state == "settled"
                segments = 2 if mine and settled > 2 else 1
                at = NOW - 9 * DAY + number * 8 * DAY // count
                peer = peers[number % 3]
                entry = ledger.Entry(submit, submit, peer, mine, at, state, segments, currency="GBP")
                ledger.reserve(tx, entry)
            tx.note(changes.TextsChanged())

        await self.messenger.database.write(write)

    async def phone(self, name: str, number: str) -> bytes:
        """Somebody with a number and no account."""
        person = person_of(name)

        def write(tx: Tx) -> None:
            people.create(tx, person, name=name, relation="accepted")
            people.put_address(tx, number, person)
            conversations.ensure_direct(tx, person)
            tx.note(changes.ContactsChanged(frozenset({person})))
            tx.note(changes.ConversationsChanged(frozenset({person})))

        await self.messenger.database.write(write)
        return person

    async def text(self, row: int, segments: int = 1, over: int = 0, each: int = 0) -> None:
        """That message went, or came, as a text; what it used is in the ledger."""

        def write(tx: Tx) -> None:
            found = messages.get(tx, row)
            assert found is not None
            messages.set_bearer(tx, row, "text")
            if found.outgoing:
                recipients.set_attempt(tx, row, found.conversation, 0, found.message, boot=b"b" * 16)
            entry = ledger.Entry(
                found.message, found.message, "+447700900142", found.outgoing, found.sent_at, "settled", segments, over,
                each, "GBP",
            )  # fmt: skip
            ledger.reserve(tx, entry)
            tx.note(changes.MessagesChanged(found.conversation, rows=frozenset({row})))
            tx.note(changes.TextsChanged())

        await self.messenger.database.write(write)

    async def one_text(self, *, days: int) -> None:
        """One more in the ledger, so many days ago, beyond the plan."""
        submit = bytes(ids.new_id(self._clock))
        entry = ledger.Entry(
            submit, submit, "+12025550143", True, NOW - days * DAY, "settled", 1, over=1, each=12, currency="GBP"
        )

        def write(tx: Tx) -> None:
            ledger.reserve(tx, entry)
            tx.note(changes.TextsChanged())

        await self.messenger.database.write(write)

    async def spend(self, segments: int) -> None:
        """Texts to somebody else."""
        entry = ledger.Entry(bytes(16), bytes(16), "+447700900143", True, NOW - DAY, "settled", segments)

        def write(tx: Tx) -> None:
            ledger.reserve(tx, entry)
            tx.note(changes.TextsChanged())

        await self.messenger.database.write(write)

    async def read(self, name: str) -> None:
        """Everything in that conversation is read."""
        await self.messenger.conversations.mark_read(person_of(name))


async def furnish(messenger: Messenger) -> None:
    """The people of the pictures, each row state once."""
    put = Furniture(messenger)
    status = delivery.Status
    for name in (*NAMES, LONG_NAME, RTL_NAME):
        await put.meet(name, verified=name == "Maya Okafor")
    await put.meet("Sara Novak", address="+12025550143", relation="stranger")
    today = NOW - NOW % DAY
    await put.say("Maya Okafor", "The one by Old Mill Weir? I’ve walked past it a hundred times", today - 15 * HOUR)
    await put.say("Maya Okafor", "What time did you see it?", today - 15 * HOUR + 20_000)
    early = "Just after sunrise. It sat on the low branch for a full minute, then a blue streak and gone"
    await put.say("Maya Okafor", early, today - 15 * HOUR + 2 * MINUTE, own_words=True)
    await put.say("Maya Okafor", "I have never been so awake that early", today - 15 * HOUR + 150_000, own_words=True)
    await put.say("Maya Okafor", "You? Before seven? I want it in writing 😄", NOW - 7 * MINUTE)
    await put.say(
        "Maya Okafor", "Consider this the paperwork. Sunday, 6:40, the footbridge?", NOW - 6 * MINUTE, own_words=True
    )
    await put.say("Maya Okafor", "Deal. I’ll bring the flask", NOW - 5 * MINUTE)
    await put.say("Maya Okafor", "And Priya is coming, she’s got the long lens", NOW - 4 * MINUTE)
    await put.say("Maya Okafor", "Perfect. See you at the weir", NOW - 2 * MINUTE, own_words=True)
    await put.say("Priya Raman", "I’ll bring the long lens 📷", NOW - 3 * MINUTE)
    await put.say("Aiko Tanabe", "Train at ten", NOW - 26 * HOUR)
    await put.say("Jonas Lind", "Did the memory card survive the river?", NOW - 40 * MINUTE)
    await put.say("Jonas Lind", "Leaving in five minutes", NOW - 30 * MINUTE, own_words=True, status=status.DELIVERED)
    await put.say("Theo Marchetti", "The review is on Thursday", NOW - 25 * HOUR)
    await put.say("Sam Whitlock", "On my way!", NOW - 27 * HOUR, own_words=True, status=status.FAILED, reason="gave_up")
    for number in range(12):
        await put.say("Leo Brandt", f"Chapter {number + 1} destroyed me", NOW - 2 * DAY + number * MINUTE)
    await put.say(LONG_NAME, "A name that does not fit", NOW - 3 * DAY)
    await put.say(RTL_NAME, "נתראה מחר בבוקר ליד הגשר", NOW - 3 * DAY - HOUR)
    await put.say("Sara Novak", "Hello, is this Noor?", NOW - 5 * MINUTE)
    for name in ("Maya Okafor", "Aiko Tanabe", "Jonas Lind", "Theo Marchetti", "Sam Whitlock", LONG_NAME, RTL_NAME):
        await put.read(name)
    talk = messenger.conversations
    for name in ("Maya Okafor", "Priya Raman", "Aiko Tanabe"):
        await talk.pin(person_of(name), True)
    await talk.mute(person_of("Leo Brandt"), NOW + 365 * DAY)
    await talk.set_draft(person_of("Theo Marchetti"), "Could we move the review to Friday?")


_templates: list[Path] = []


async def _furnished_once() -> Path:
    """A folder with everything in its store, made once a process: each test gets a copy."""
    if not _templates:
        folder = Path(tempfile.mkdtemp(prefix="kingfisher-furnished-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        home, clock = Profile(folder / "profile"), ManualClock(NOW)
        await create(home, clock)
        async with open_messenger(home, KEY, WebSocketTransport(), clock, online=False) as messenger:
            await furnish(messenger)
        _templates.append(home.root)
    return _templates[0]


@contextlib.asynccontextmanager
async def furnished(folder: Path, theme: Theme, say: Said, *, empty: bool = False) -> AsyncIterator[Desk]:
    """A desk over an offline messenger at ``NOW``, with everything in its store unless ``empty``."""
    home, clock = Profile(folder), ManualClock(NOW)
    if empty:
        await create(home, clock)
    else:
        shutil.copytree(await _furnished_once(), folder)
    failures: list[BaseException] = []
    async with open_messenger(home, KEY, WebSocketTransport(), clock, online=False) as messenger:
        bridge = Bridge(messenger.hub, failures.append)
        try:
            yield Desk(messenger, theme, bridge, say, clock, UTC)
        finally:
            await bridge.close()
    assert not failures, failures


def values(desk: Desk) -> Settings:
    """The settings behind a desk."""
    return desk.messenger.settings
