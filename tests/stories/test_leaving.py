"""Somebody leaves, saying so or not, while a bad wire and a moody gateway stand in between: each message ends once.

Delivered, sent as text, or shown as not sent: the three counts add up to what was written, and nothing comes twice.
"""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from app.client import leaving
from app.client.routing import Wanted
from app.common import errors
from app.content.text import Text
from app.domain.bearer import Bearer, Why, Wish
from app.domain.delivery import Reason, Status
from app.protocol import segments
from app.relay.texts import base
from app.storage import jobs, ledger, messages, own, recipients
from app.storage.messages import Message
from app.storage.recipients import Recipient
from app.storage.transaction import View
from tests.parts import kannel, mail_server, people, texting
from tests.parts import relay as relays
from tests.parts.faulty_wire import STORM, Faults, FaultyWire
from tests.parts.people import Present
from tests.parts.relay import Inside
from tests.parts.texting import CAROL, Network
from tests.parts.waiting import until
from tests.stories.test_texts import ALICE, BOB, EVER, YES, prove, settled, to

REPLIES = 6
WITHIN = 240.0  # seconds
LEAVING = "take this number away"  # in the words around a code
NOT_WHOLE = (Reason.TEXT_UNKNOWN, Reason.TEXT_PARTLY)


class Moody(Network):
    """Takes most of it, and is busy, refuses, or does not say whether it took the rest."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.calm = True
        self._dice = dice

    async def submit(self, item: base.Segment | base.Sms | base.Mms) -> base.Submitted:
        roll = 1.0 if self.calm else self._dice.random()
        if roll < 0.15:
            raise base.Throttled(retry_after=0.01)
        if roll < 0.20:
            raise base.Refused(base.Reason.UNREACHABLE)
        taken = await super().submit(item)
        if roll < 0.25:
            raise base.OutcomeUnknown
        return taken

    def codes(self) -> list[str]:
        """To people who say on the relay's page that they have no device any more."""
        return [mail_server.code_in(item.text) for _, item in self.taken if LEAVING in item.text]

    def screens(self) -> Counter[str]:
        """The texts phones show, whole or not, after what the network took twice would be there twice."""
        found: dict[bytes, list[base.Segment]] = {}
        for _, item in self.taken:
            if LEAVING in item.text:
                continue
            assert isinstance(item, base.Segment)
            found.setdefault(item.client_ref, []).append(item)
        for several in found.values():
            assert len({one.sequence for one in several}) == len(several), "a segment came twice"
        return Counter("".join(one.text for one in several) for several in found.values())


@dataclass(frozen=True)
class Case:
    """How Bob leaves: without a word, by the switch, by the wizard that gives back his address too, or with no device.

    ``away``: he is not there from then on, till the end; always so by the relay's page.
    """

    how: Literal["silently", "switch", "wizard", "page"]
    away: bool
    count: int
    seed: int = 1


CASES = [
    *(Case(how, away, 40) for how in ("silently", "switch", "wizard") for away in (True, False)),
    *(Case(how, True, 40, 2) for how in ("silently", "switch", "wizard")),
    *(Case("page", True, 40, seed) for seed in (1, 2)),
]


@pytest.mark.expect_log
@pytest.mark.parametrize("case", [Case(how, away=True, count=10) for how in ("wizard", "page")], ids=str)
async def test_leaving(tmp_path: Path, case: Case) -> None:
    await leave(tmp_path, case)


@pytest.mark.long
@pytest.mark.expect_log
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_leaving_in_every_way(tmp_path: Path, case: Case) -> None:
    await leave(tmp_path, case)


async def leave(folder: Path, case: Case) -> None:
    dice = random.Random(case.seed)
    network = Moody(random.Random(case.seed + 1))
    port = kannel.free_ports("relay")["relay"]
    async with contextlib.AsyncExitStack() as stack:
        wire = await stack.enter_async_context(FaultyWire(f"http://127.0.0.1:{port}", Faults(), case.seed))
        inside = await stack.enter_async_context(relays.inside(
            folder / "relay", listen_port=port, hosts=(f"127.0.0.1:{wire.port}",), gateways=(network,),
            texts=texting.PLENTY,
        ))  # fmt: skip
        alice = await people.join(folder / "alice", wire.url, ALICE)
        bob = await people.join(folder / "bob", wire.url, BOB)
        await prove(inside, ALICE)
        here = await stack.enter_async_context(alice.awake())
        written = await _story(here, bob, inside, network, wire, case, dice)
        wire.faults = Faults()
        async with bob.awake() as there:
            here.messenger.outbox.wake()
            await here.until(_nothing_on_its_way, WITHIN)
            await there.messenger.caught_up()
            account = inside.relay.accounts.get(there.messenger.me.account, inside.clock.now())
            assert account is not None
            held = [each.standing for each in inside.relay.proving.addresses(account).held]
            assert held == {"wizard": [], "page": ["lost"]}.get(case.how, ["claimed"])
            await _judge(here, there, network, written)
        assert sum((wire.tally.delayed, wire.tally.doubled, wire.tally.dropped, wire.tally.cut))


async def _story(
    here: Present,
    bob: people.Someone,
    inside: Inside,
    network: Moody,
    wire: FaultyWire,
    case: Case,
    dice: random.Random,
) -> list[str]:
    """What Alice wrote to Bob."""
    written = ["first"]
    async with contextlib.AsyncExitStack() as stack:
        there = await stack.enter_async_context(bob.awake())
        first = await to(here, BOB, "first")
        await there.received(1)
        await there.accept(ALICE)
        await here.status(first, Status.DELIVERED)
        await to(here, CAROL, "Hello, Carol")
        await settled(here, 1)
        wire.faults, network.calm = STORM, False
        rows = [await _write(here, written, dice) for _ in range(case.count)]
        if case.how == "switch":
            with contextlib.suppress(errors.AgainLater):  # the wire broke; it goes on by itself
                await there.messenger.rich.switch(False)
        if case.how == "wizard":
            await _give_back(there)
        if case.how in ("switch", "wizard"):
            await there.until(_off, WITHIN)
        if case.away:
            await stack.aclose()
        if case.how == "page":
            await _by_the_page(there, inside, network)
        later = [await _write(here, written, dice) for _ in range(case.count)]
        rows += later
        for number in range(REPLIES):
            assert await network.text(f"reply {number}", source=CAROL, destination=network.taken[0][1].source)
        for row in dice.sample(rows, len(rows) * 2 // 3):
            with contextlib.suppress(errors.GiveUp):  # Bob has it, or it is a text already
                await here.messenger.sending.as_text(row, YES)
        if case.how == "page":  # the relay's word alone sends nothing the other way
            await here.until(_all_asked, WITHIN)
            assert not await here.messenger.database.read(lambda view: _into_the_dark(view, later))
        else:
            await here.until(lambda view: jobs.waiting(view) == 0, WITHIN)
        await here.until(lambda view: _replies(view) >= REPLIES, WITHIN)
    return written


async def _give_back(there: Present) -> None:
    """Through the wizard, again as often as the wire breaks, until the directory knows him no more."""
    done: set[str] = set()
    async with asyncio.timeout(WITHIN):
        while done != {leaving.DIRECTORY, BOB}:
            async for step in leaving.leave(there.messenger.rich, there.messenger.addresses):
                if step.state == "done":
                    done.add(step.address)
                elif step.state == "failed":
                    assert isinstance(step.error, errors.AgainLater)
    left = await there.messenger.addresses.one(BOB)
    assert left is None or left.why == "withdrawn"


async def _by_the_page(there: Present, inside: Inside, network: Moody) -> None:
    """What somebody does who has only the phone left: the code comes by text, and the address is nobody's."""
    account = inside.relay.accounts.get(there.messenger.me.account, inside.clock.now())
    assert account is not None
    await until(lambda: not account.mailbox.sessions)
    network.calm = True
    await inside.relay.proving.start_leaving(BOB, "")
    await until(lambda: bool(network.codes()))
    assert (await inside.relay.proving.leave(BOB, network.codes()[-1])).outcome == "left"
    network.calm = False


async def _write(here: Present, written: list[str], dice: random.Random) -> int:
    words = f"number {len(written)} " + "x" * dice.randrange(0, 380)
    written.append(words)
    return await here.row(await to(here, BOB, words, agreed=YES if dice.random() < 0.5 else None))


def _off(view: View) -> bool:
    stored = own.load(view)
    return stored is not None and stored.rich == "off"


def _nothing_on_its_way(view: View) -> bool:
    counted = any(each.state == "reserved" for each in ledger.of_period(view, EVER))
    sql = "SELECT count(*) FROM messages WHERE outgoing = 1 AND bearer = 'rich' AND status IN ('sending', 'sent')"
    return jobs.waiting(view) == 0 and not counted and view.value(sql) == 0


def _all_asked(view: View) -> bool:
    """Whatever still waits does so because the relay says that he is gone, and nobody signed that."""
    heads = [jobs.head(view, lane.lane) for lane in jobs.lanes(view)]
    return all(head is not None and head.reason == Why.UNCONFIRMED for head in heads)


def _into_the_dark(view: View, rows: list[int]) -> list[int]:
    """Those of these messages that lie encrypted where nobody fetches them."""
    sent = [each for each in messages.of_rows(view, rows) if each.bearer == Bearer.RICH]
    return [each.row for each in sent if recipients.of_rows(view, [each.row])[each.row][0].status is Status.SENT]


def _replies(view: View) -> int:
    return int(view.value("SELECT count(*) FROM messages WHERE outgoing = 0"))


async def _judge(here: Present, there: Present, network: Moody, written: list[str]) -> None:
    """Each message in exactly one of three places, as its bubble says."""
    person = await here.messenger.conversations.find(BOB)

    def look(view: View) -> list[tuple[Message, Recipient]]:
        found = messages.before(view, person.person, None, 100_000)
        return [(each, recipients.of_rows(view, [each.row])[each.row][0]) for each in found]

    shown = await here.messenger.database.read(look)
    delivered, texted, unsent = Counter[str](), Counter[str](), Counter[str]()
    perhaps: set[str] = set()
    for message, entry in shown:
        words = Text.from_wire(message.body).text
        if entry.status is Status.FAILED:
            unsent[words] += 1
            if entry.reason in NOT_WHOLE:
                perhaps.add(words)
        elif message.bearer == Bearer.TEXT:
            texted[words] += 1
        else:
            assert entry.status is Status.DELIVERED
            delivered[words] += 1
    assert delivered + texted + unsent == Counter(written)
    assert Counter(await there.texts(ALICE)) == delivered
    screens = network.screens()
    del screens["Hello, Carol"]
    assert all(screens[words] <= 1 for words in perhaps)
    for piece in [each for each in screens if each not in texted]:  # of a text that is shown as perhaps not sent
        assert any(piece in words for words in perhaps), piece
        del screens[piece]
    assert screens == texted
    assert sorted((await here.texts(CAROL))[1:]) == [f"reply {number}" for number in range(REPLIES)]
    await _judge_bill(here, [(message, entry) for message, entry in shown if message.bearer == Bearer.TEXT])


async def _judge_bill(here: Present, texts: list[tuple[Message, Recipient]]) -> None:
    """What the forecast shows for a text is what the plan counted for it."""
    counted = {each.submit: each for each in await here.messenger.database.read(lambda v: ledger.of_period(v, EVER))}
    for message, entry in texts:
        if entry.status is Status.FAILED:
            continue
        words = Text.from_wire(message.body).text
        shown = await here.messenger.routing.forecast(entry.person, Wanted(words, Wish.TEXT, YES))
        assert shown.choice.route is not None
        kept = counted[entry.submit]
        assert (kept.state, kept.segments) == ("settled", shown.choice.route.segments)
        assert kept.billed == 7_500 * len(segments.plan(words).segments)
