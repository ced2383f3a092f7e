"""Second thoughts about what waits: the relay is asked first, and what it has taken back never leaves."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from app import sentences
from app.client import unsent
from app.common import errors
from app.domain.delivery import Event, Permit, Status
from app.domain.plan import Kind, Plan
from app.relay.texts import base
from app.relay.texts.caps import Rules
from app.storage import conversations, jobs, ledger, messages, recipients
from app.storage.jobs import Job
from app.storage.transaction import Tx
from tests.parts import people, texting
from tests.parts.people import Present
from tests.parts.texting import CAROL, DAVE, Network
from tests.stories.test_texts import ALICE, EVER, prove, to

ONE = Rules(texts_a_minute=1, texts_a_day=100, to_one_number=100, to_one_number_pause=0)


@contextlib.asynccontextmanager
async def waiting(
    folder: Path, relay: Callable[[], AbstractContextManager[None]] = texting.unanswered
) -> AsyncGenerator[tuple[Present, Network, bytes, Job]]:
    """Alice, whose second text of this minute may have left for all she knows, and waits."""
    network = Network()
    async with texting.relay(folder / "relay", network, rules=ONE) as inside:
        someone = await people.join(folder / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with someone.online() as present:
            await present.status(await to(present, CAROL, "first"), Status.SENT)
            with relay():
                second = await to(present, DAVE, "second")
                row = await present.row(second)
                await present.until(lambda view: any(job.tries for job in jobs.of_message(view, row)))
            yield present, network, second, await job_of(present, second)


async def job_of(present: Present, message: bytes) -> Job:
    row = await present.row(message)
    return (await present.messenger.database.read(lambda view: jobs.of_message(view, row)))[0]


async def test_it_is_withdrawn_before_it_goes_and_comes_back_as_another(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (present, network, second, job):
        database, row = present.messenger.database, await present.row(second)
        assert (job.way, job.attempted) == ("text", True)
        with pytest.raises(errors.GiveUp, match="already_sent"):
            await present.messenger.sending.discard(row)
        kept = await present.messenger.taking_back.discard(row)
        assert await database.read(lambda view: messages.get(view, row)) is None
        states = [each.state for each in await database.read(lambda view: ledger.of_period(view, EVER))]
        assert states.count("released") == 1
        answer = await present.messenger.connection.submit(job.submit, job.sealed)
        assert getattr(answer, "code", "") == "withdrawn"
        await present.messenger.sending.restore(kept)
        again = await job_of(present, second)
        assert again.attempt == job.attempt + 1 and again.submit != job.submit
        assert network.words() == "first"


async def test_a_limit_that_was_met_is_named_as_the_cause(tmp_path: Path) -> None:
    async with waiting(tmp_path, contextlib.nullcontext) as (present, _, second, _job):
        (row,) = await unsent.unsent(present.messenger.database)
        assert (row.message, row.reason, row.failed) == (second, "rate_limited texts_a_minute", False)
        assert row.next_try > row.written_at
        assert "(the limit is: texts a minute)" in sentences.for_code(row.reason)


async def test_dying_after_the_relays_word_ends_in_a_refusal_that_can_be_tried_again(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (present, network, second, job):
        assert await present.messenger.connection.withdraw_text(job.submit, job.boot) in ("withdrawn", "never_had")
        await present.messenger.database.write(jobs.hurry)
        present.messenger.outbox.wake()
        await present.status(second, Status.FAILED)
        assert (await job_of(present, second)).attempt == job.attempt + 1
        assert network.words() == "first"


async def test_edited_it_is_a_draft_before_what_was_there(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (present, _, second, _job):
        database, talk = present.messenger.database, present.messenger.conversations
        person = (await talk.find(DAVE)).person
        await talk.set_draft(person, "more")
        assert await present.messenger.taking_back.edit(await present.row(second)) == person
        found = await database.read(lambda view: conversations.get(view, person))
        assert found is not None and found.draft == "second\nmore"
        assert await database.read(lambda view: messages.with_id(view, second)) == []


async def test_what_was_handed_over_stays(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (present, _, _second, _job):
        database = present.messenger.database
        sent = (await database.read(lambda view: messages.recent(view, 9)))[0]
        with pytest.raises(errors.GiveUp, match="already_sent"):
            await present.messenger.taking_back.discard(sent.row)
        with pytest.raises(errors.GiveUp, match="already_sent"):
            await present.messenger.taking_back.edit(sent.row)
        with pytest.raises(errors.GiveUp, match="no_message"):
            await present.messenger.taking_back.price(10**6)


async def test_a_text_is_priced_before_it_is_agreed_to(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (present, _, second, _job):
        pay = Plan(Kind.PAY, price=12, currency="GBP")
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, pay))
        found = await present.messenger.taking_back.price(await present.row(second))
        assert found.choice.route is not None and found.choice.route.price == 12


async def test_an_encrypted_one_is_withdrawn_before_it_is_a_draft(tmp_path: Path) -> None:
    """What may have left is asked for; what the relay has taken back never arrives, whatever came in between."""
    async with texting.relay(tmp_path / "relay", Network()) as inside:
        bob = await people.join(tmp_path / "bob", inside.url, DAVE)
        someone = await people.join(tmp_path / "alice", inside.url, ALICE)
        async with someone.online() as present:
            back, database = present.messenger.taking_back, present.messenger.database
            sent = await to(present, DAVE, "perhaps not")
            await present.status(sent, Status.SENT)
            row = await present.row(sent)
            entry = (await database.read(lambda view: recipients.of_rows(view, [row])))[row][0]
            with pytest.raises(errors.GiveUp, match="already_sent"):
                await present.messenger.sending.discard(row)
            # As when the relay's *accepted* comes between its being asked and its answer.
            assert await present.messenger.connection.withdraw(entry.submit, entry.account, entry.boot) == "withdrawn"
            kept = await present.messenger.sending.discard(row, withdrawn=entry.submit)
            await present.messenger.sending.restore(kept)
            await present.status(sent, Status.SENT)
            again = (await database.read(lambda view: recipients.of_rows(view, [row])))[row][0]
            assert again.attempt == entry.attempt + 1 and again.submit != entry.submit

            other = await to(present, DAVE, "given up")
            await present.status(other, Status.SENT)
            await database.write(_lost_answer(await present.row(other)))
            person = await back.edit(await present.row(other))
            found = await database.read(lambda view: conversations.get(view, person))
            assert found is not None and found.draft == "given up"
        async with bob.online() as there:
            assert len(await there.received(1)) == 1
            assert await there.texts(ALICE) == ["perhaps not"]


def _lost_answer(row: int) -> Callable[[Tx], None]:
    """As if the relay's *accepted* had never come, and the message was given up after a day."""

    def write(tx: Tx) -> None:
        stored, entry = messages.get(tx, row), recipients.of_rows(tx, [row])[row][0]
        assert stored is not None
        new = jobs.NewJob(
            stored.conversation, stored.message, stored.kind, row=row, person=entry.person, account=entry.account
        )
        job = jobs.enqueue(tx, new)
        jobs.save_sealed(tx, job, submit=entry.submit, boot=entry.boot, sealed=b"")
        jobs.mark_attempted(tx, job)
        jobs.fail(tx, job, "gave_up")
        recipients.apply(tx, row, entry.person, Event.REJECTED, "gave_up")

    return write


async def test_what_nobody_knows_to_have_arrived_is_no_draft(tmp_path: Path) -> None:
    """It may be with its recipient: its words in the composer would be sent a second time without a warning."""
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside:
        someone = await people.join(tmp_path / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with someone.online() as present:
            network.script.append(base.OutcomeUnknown())
            unknown = await to(present, CAROL, "perhaps")
            await present.status(unknown, Status.FAILED)
            row = await present.row(unknown)
            with pytest.raises(errors.GiveUp, match="already_sent"):
                await present.messenger.taking_back.edit(row)
            waiting = await unsent.unsent(present.messenger.database)
            assert [(each.words, each.edit, each.actions.retry) for each in waiting] == [
                ("perhaps", False, Permit.WARNED)
            ]
            await present.messenger.taking_back.discard(row)
            assert await unsent.unsent(present.messenger.database) == []
