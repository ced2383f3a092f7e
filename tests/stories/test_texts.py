"""Green: texts from a messenger through a relay and a scripted phone network, and the way back."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.client import records, trace, why
from app.client.routing import Wanted
from app.common import errors
from app.content.text import Text
from app.domain.bearer import Agreement, Bearer, Capability, Why, Wish
from app.domain.conversation import Policy
from app.domain.delivery import Reason, Status
from app.domain.plan import Kind, Period, Plan, UsedUp
from app.relay.limits import Limits
from app.relay.texts import arriving, base
from app.storage import conversations, jobs, ledger, messages, recipients
from app.storage.transaction import View
from tests.parts import people, texting
from tests.parts.people import Present
from tests.parts.texting import CAROL, Network

ALICE, BOB = "+12025550101", "+12025550102"
EVER = Period(0, 2**48)
YES = Agreement(10, 1_000)


@contextlib.asynccontextmanager
async def alice(
    folder: Path, caps: Limits | None = None, **able: object
) -> AsyncGenerator[tuple[Present, Network, texting.Inside]]:
    """Somebody with a proved number, online; ``able`` is what the gateway can do beside texts."""
    network = Network(**able)
    async with texting.relay(folder / "relay", network, caps=caps) as inside:
        someone = await people.join(folder / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with someone.online() as present:
            yield present, network, inside


async def prove(inside: texting.Inside, number: str) -> None:
    sql = "UPDATE address SET standing = 'proved' WHERE address = ?"
    await inside.store.directory._writer.call(lambda connection: connection.execute(sql, (number,)).fetchall())


async def to(
    present: Present, address: str, text: str, wish: Wish = Wish.AUTO, agreed: Agreement | None = None
) -> bytes:
    person = await present.messenger.routing.person_for(address)
    return (await present.messenger.sending.send(person.person, Text(text), wish, agreed)).message


async def test_a_text_goes_out_is_delivered_and_answered(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, network, _):
        sent = await to(present, CAROL, "x" * 200)
        await present.status(sent, Status.SENT)
        await settled(present, 1)
        assert network.words() == "x" * 200
        await network.receipts()
        await present.status(sent, Status.DELIVERED)
        kept = (await present.messenger.database.read(lambda view: ledger.of_period(view, EVER)))[0]
        assert (kept.segments, kept.peer, kept.billed) == (2, CAROL, 15_000)

        assert await network.text("Hello Alice", destination=network.taken[0][1].source)
        assert await network.text("Hello Alice", destination=network.taken[0][1].source)
        await present.received(2)
        assert (await present.texts(CAROL))[1:] == ["Hello Alice"] * 2
        person = await present.messenger.conversations.find(CAROL)
        found = await present.messenger.database.read(lambda view: messages.before(view, person.person, None, 9))
        assert [(each.bearer, each.outgoing) for each in found] == [("text", True), ("text", False), ("text", False)]


async def test_what_came_in_part_says_so_to_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name of whoever has the number, though nobody has proved that it was them."""
    monkeypatch.setattr(arriving, "INCOMPLETE", 0)  # a day
    async with alice(tmp_path) as (present, network, _):
        await to(present, CAROL, "Hello")
        await settled(present, 1)
        person = await present.messenger.conversations.find(CAROL)
        await present.messenger.conversations.rename(person.person, "Carol")
        ours = network.taken[0][1].source
        assert await network.text("All of it", destination=ours)
        parts = network.parts("x" * 153 + "y" * 10, destination=ours)
        assert await network.bring(parts[1])
        await present.received(2)

        def look(view: View) -> list[records.Record]:
            return records.read(view, messages.before(view, person.person, None, 2))

        found = await present.messenger.database.read(look)
        assert [(each.words, each.incomplete, each.author.name) for each in found] == [
            ("All of it", False, "Carol"),
            (f"… {'y' * 10}", True, "Carol"),
        ]
        lacks = await trace.of(present.messenger.database, found[1].row)
        assert (lacks.incomplete, lacks.author.name) == (True, "Carol")


async def test_why_is_answered_by_the_lookup_that_decided_not_by_the_latest(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, network, inside):
        database = present.messenger.database
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        sent = await to(present, BOB, "Hello")
        await present.status(sent, Status.SENT)
        row = await present.row(sent)
        asked_at = (await why.why(database, row)).asked_at
        assert asked_at > 0
        await database.write(lambda tx: tx.run("UPDATE people SET checked_at = checked_at + 1000"))  # looked up again
        found = await why.why(database, row)
        assert (found.bearer, found.why, found.capability) == (Bearer.RICH, Why.RICH, Capability.RICH)
        assert found.asked_at == asked_at
        async with bob.online() as there:
            await there.received(1)
            await there.write(ALICE, "Hello Alice")
            await to(present, CAROL, "Hello Carol")
            await settled(present, 1)
            assert await network.text("Hello", destination=network.taken[0][1].source)
            await present.received(2)

        def came(view: View) -> list[messages.Message]:
            return [each for each in messages.recent(view, 9) if not each.outgoing]

        answers = {each.bearer: (each, await why.why(database, each.row)) for each in await database.read(came)}
        assert {bearer: answer.why for bearer, (_, answer) in answers.items()} == {
            Bearer.RICH: why.PROVEN,
            Bearer.TEXT: why.NOT_PROVEN,
        }
        assert all(answer.came_at == stored.received_at > 0 for stored, answer in answers.values())


async def test_green_from_the_yes_on_and_blue_if_it_goes_encrypted_after_all(tmp_path: Path) -> None:
    """Whoever registers between the forecast and the sending gets it encrypted, and the bubble says so."""
    async with alice(tmp_path) as (present, network, inside):
        person = (await present.messenger.routing.person_for(BOB)).person
        shown = await present.messenger.routing.forecast(person, Wanted("Hello"))
        assert shown.choice.bearer is Bearer.TEXT
        await people.join(tmp_path / "bob", inside.url, BOB)
        written = await present.messenger.sending.send(person, Text("Hello"), agreed=Agreement(1))
        before = await present.messenger.database.read(lambda view: messages.get(view, written.row))
        assert before is not None
        await present.status(written.message, Status.SENT)
        after = await present.messenger.database.read(lambda view: messages.get(view, written.row))
        assert after is not None
        assert (before.bearer, after.bearer) == (Bearer.TEXT, Bearer.RICH)
        assert not network.asked


async def test_what_was_not_said_to_be_a_text_waits_for_a_yes(tmp_path: Path) -> None:
    """Written while nobody knew, or to less than it costs now, whatever the plan says."""
    async with alice(tmp_path) as (present, network, _):
        unknown = await to(present, CAROL, "unknown", Wish.ASK)
        await present.status(unknown, Status.FAILED)
        assert await reason(present, unknown) == Reason.NEEDS_CONSENT
        standing = Plan(Kind.LIMITED, 0, when_used_up=UsedUp.PAY, price=12, currency="GBP")
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, standing))
        dearer = await to(present, CAROL, "dearer", agreed=Agreement(1, 0))
        await present.status(dearer, Status.FAILED)
        assert await reason(present, dearer) == Reason.NEEDS_CONSENT
        assert not network.asked
        await present.messenger.sending.as_text(await present.row(unknown), Agreement(1, 12))
        await present.status(unknown, Status.SENT)


async def test_another_word_or_plan_revises_a_forecast_without_asking_the_directory(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, _, _):
        routing = present.messenger.routing
        person = (await routing.person_for(CAROL)).person
        first = await routing.forecast(person, Wanted("?"))
        assert first.choice.route is not None
        await present.messenger.connection.close()
        plan = Plan(Kind.LIMITED, 2, price=12, currency="GBP")
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, plan))
        longer = await routing.revise(first, Wanted("x" * 300))
        assert longer.choice.route is not None
        assert (longer.choice.bearer, longer.choice.route.segments, longer.choice.route.left) == (Bearer.TEXT, 2, 0)
        assert (longer.room, longer.asked_at) == (6, first.asked_at)
        await present.messenger.conversations.allow(person, Policy.ONLY_ENCRYPTED)
        kept = await routing.revise(first, Wanted("x"))
        assert kept.choice.why == Reason.NOT_ON_KINGFISHER
        await present.messenger.conversations.block(person)
        with pytest.raises(errors.GiveUp, match=Reason.BLOCKED):
            await routing.revise(first, Wanted("x"))


async def test_a_yes_is_asked_for_and_holds_for_what_was_shown(tmp_path: Path) -> None:
    """Paid texts, the allowance's end, somebody who was encrypted: each fails unasked, and leaves with a yes."""
    async with alice(tmp_path) as (present, network, _):
        pay = Plan(Kind.PAY, price=12, currency="GBP")
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, pay))
        asked = await to(present, CAROL, "costs")
        await present.status(asked, Status.FAILED)
        assert await reason(present, asked) == Reason.NEEDS_CONSENT
        less = await to(present, CAROL, "costs more than that", agreed=Agreement(1, 11))
        await present.status(less, Status.FAILED)
        assert not network.asked
        agreed = await to(present, CAROL, "costs", agreed=Agreement(1, 12))
        await present.status(agreed, Status.SENT)
        await present.messenger.sending.as_text(await present.row(asked), Agreement(1, 12))
        await present.status(asked, Status.SENT)
        private = await to(present, CAROL, "private", Wish.RICH, YES)
        await present.status(private, Status.FAILED)
        assert await reason(present, private) == Reason.NOT_ON_KINGFISHER
        person = await present.messenger.conversations.find(CAROL)
        await present.messenger.database.write(lambda tx: conversations.set_bearer(tx, person.person, "only_encrypted"))
        never = await to(present, CAROL, "never", Wish.TEXT, YES)
        await present.status(never, Status.FAILED)
        await settled(present, 2)
        assert network.words() == "costscosts"
        limited = Plan(Kind.LIMITED, 3, price=12, currency="GBP")
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, limited))
        await present.messenger.database.write(lambda tx: conversations.set_bearer(tx, person.person, "automatic"))
        last, over = await to(present, CAROL, "last"), await to(present, CAROL, "over")
        await present.status(last, Status.SENT)
        await present.status(over, Status.FAILED)
        assert await reason(present, over) == Reason.PLAN_USED_UP


async def settled(present: Present, count: int) -> None:
    """So many texts are with the network, as far as anybody will ever know."""
    await present.until(lambda view: [each.state for each in ledger.of_period(view, EVER)].count("settled") == count)


async def reason(present: Present, message: bytes) -> str:
    row = await present.row(message)
    return await present.messenger.database.read(lambda view: recipients.of_rows(view, [row])[row][0].reason)


async def test_send_as_text_takes_the_encrypted_one_back_first(tmp_path: Path) -> None:
    """Bob is away: his copy is withdrawn and a text leaves. Once he has it, it stays encrypted. Never both."""
    async with alice(tmp_path) as (present, network, inside):
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        waits = await to(present, BOB, "waits")
        await present.status(waits, Status.SENT)
        await present.messenger.sending.as_text(await present.row(waits), YES)
        await present.until(lambda view: bool(ledger.of_period(view, EVER)))
        await present.status(waits, Status.SENT)
        assert await bearer_of(present, waits) == Bearer.TEXT
        got = await to(present, BOB, "got")
        await present.status(got, Status.SENT)
        async with bob.online() as there:
            assert len(await there.received(1)) == 1
            assert await there.texts(ALICE) == ["got"]
            await present.messenger.sending.as_text(await present.row(got), YES)
            await present.until(lambda view: jobs.waiting(view) == 0)
            await present.status(got, Status.SENT)
        assert await bearer_of(present, got) == Bearer.RICH
        await settled(present, 1)
        assert network.words() == "waits"
        with_him = await to(present, BOB, "still encrypted")
        await present.status(with_him, Status.SENT)
        assert await bearer_of(present, with_him) == Bearer.RICH


async def test_dying_after_the_withdrawal_sends_one_text_and_nothing_else(tmp_path: Path) -> None:
    """Taken back, and then the end before anything of it was stored: the relay answers alike, and one text leaves."""
    async with alice(tmp_path) as (present, network, inside):
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        waits = await to(present, BOB, "waits")
        await present.status(waits, Status.SENT)
        row = await present.row(waits)
        entry = (await present.messenger.database.read(lambda view: recipients.of_rows(view, [row])))[row][0]
        connection = present.messenger.connection
        assert await connection.withdraw(entry.submit, entry.account, entry.boot) == "withdrawn"
        await present.messenger.sending.as_text(row, YES)
        await settled(present, 1)
        assert (network.words(), await bearer_of(present, waits)) == ("waits", Bearer.TEXT)
        async with bob.online() as there:
            await there.messenger.caught_up()
            assert await there.messenger.database.read(lambda view: messages.recent(view, 9)) == []


async def bearer_of(present: Present, message: bytes) -> str:
    row = await present.row(message)
    found = await present.messenger.database.read(lambda view: messages.get(view, row))
    assert found is not None
    return found.bearer


async def test_what_the_network_refuses_is_said_and_sent_again_as_another(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, network, _):
        network.script.append(base.Refused(base.Reason.BAD_NUMBER))
        refused = await to(present, CAROL, "refused")
        await present.status(refused, Status.FAILED)
        assert await reason(present, refused) == Reason.TEXT_BAD_NUMBER
        network.script.append(base.OutcomeUnknown())
        unknown = await to(present, CAROL, "perhaps")
        await present.status(unknown, Status.FAILED)
        assert await reason(present, unknown) == Reason.TEXT_UNKNOWN
        kept = await present.messenger.database.read(lambda view: ledger.of_period(view, EVER))
        assert [each.state for each in kept] == ["released", "settled"]
        assert not network.taken
        await present.messenger.sending.retry(await present.row(unknown))
        await present.status(unknown, Status.SENT)
        await settled(present, 2)
        assert network.words() == "perhaps"
