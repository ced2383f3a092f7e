"""Between the forecast and the text: the directory falls silent, somebody joins, a plan changes."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import pytest

from app.client.routing import Wanted
from app.common import errors
from app.domain.bearer import Agreement, Bearer, Why
from app.domain.delivery import Reason, Status
from app.domain.plan import Kind, Plan, UsedUp
from app.relay.texts import base
from app.storage import jobs, ledger
from app.storage.transaction import View
from tests.parts import people
from tests.parts.people import Present
from tests.parts.texting import CAROL, DAVE
from tests.stories.test_texts import BOB, YES, alice, bearer_of, reason, settled, to


@contextlib.contextmanager
def silence(present: Present, patch: pytest.MonkeyPatch) -> Generator[None]:
    """The directory answers nobody, while everything else of the relay stands."""

    async def nobody(_: str) -> None:
        raise errors.AgainLater("offline")

    with patch.context() as silent:
        silent.setattr(present.messenger.peers, "ask", nobody)
        yield


async def kept_back(present: Present, count: int) -> None:
    """So many messages were tried and wait for the directory."""

    def waiting(view: View) -> bool:
        sql = "SELECT count(*) FROM recipients WHERE status = 'queued' AND reason = ?"
        return view.value(sql, (Why.DIRECTORY_SILENT,)) == count

    await present.until(waiting)


async def test_a_silent_directory_is_no_reason_for_green_and_the_plan_is_that_of_the_moment_of_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with alice(tmp_path) as (present, network, _):
        with silence(present, monkeypatch):
            waits = await to(present, CAROL, "waits", agreed=YES)
            await kept_back(present, 1)
            person = await present.messenger.conversations.find(CAROL)
            told = await present.messenger.routing.forecast(person.person, Wanted("waits"))
            assert (told.choice.bearer, told.choice.why) == (Bearer.UNDECIDED, Why.DIRECTORY_SILENT)
            assert not network.asked
        await present.messenger.sending.retry(await present.row(waits))
        await present.status(waits, Status.SENT)
        await settled(present, 1)
        assert network.words() == "waits"
        with silence(present, monkeypatch):
            free = await to(present, CAROL, "free when it was written")
            await kept_back(present, 1)
            pay = Plan(Kind.PAY, price=12, currency="GBP")
            await present.messenger.database.write(lambda tx: ledger.set_plan(tx, pay))
        await present.messenger.sending.retry(await present.row(free))
        await present.status(free, Status.FAILED)
        assert await reason(present, free) == Reason.NEEDS_CONSENT
        assert network.words() == "waits"
        assert await present.messenger.database.read(jobs.waiting) == 0


@pytest.mark.parametrize("known", [True, False])
async def test_a_yes_to_what_the_plan_holds_is_none_to_what_nobody_knows_the_price_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Each was shown as the last one inside the plan; the second is not, and what that costs was never said."""
    async with alice(tmp_path) as (present, network, _):
        plan = Plan(Kind.LIMITED, 1, when_used_up=UsedUp.ASK)
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, plan))
        person = (await present.messenger.routing.person_for(CAROL)).person
        inside = await present.messenger.routing.forecast(person, Wanted("first"))
        assert inside.choice.route is not None
        yes = Agreement.to(inside.choice.route) if known else Agreement(1, Agreement.UNSAID)
        with silence(present, monkeypatch):
            first, second = [await to(present, CAROL, words, agreed=yes) for words in ("first", "second")]
            await kept_back(present, 1)
        await present.messenger.sending.hurry()
        await present.status(first, Status.SENT)
        await present.status(second, Status.FAILED if known else Status.SENT)
        if known:
            assert await reason(present, second) == Reason.PLAN_USED_UP
        await settled(present, 1 if known else 2)
        assert [item.text for _, item in network.taken] == (["first"] if known else ["first", "second"])


async def test_who_joins_between_the_forecast_and_the_message_gets_it_encrypted(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, network, inside):
        person = await present.messenger.routing.person_for(BOB)
        told = await present.messenger.routing.forecast(person.person, Wanted("Hello"))
        assert told.choice.bearer is Bearer.TEXT
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        sent = await to(present, BOB, "Hello", agreed=YES)
        await present.status(sent, Status.SENT)
        assert await bearer_of(present, sent) == Bearer.RICH
        async with bob.online() as there:
            assert len(await there.received(1)) == 1
        assert not network.asked


async def test_a_text_of_somebody_who_is_blocked_is_not_shown(tmp_path: Path) -> None:
    """It is acknowledged and gone; what somebody else says behind it is shown."""
    async with alice(tmp_path) as (present, network, _):
        for number in (CAROL, DAVE):
            await to(present, number, "Hello")
        await settled(present, 2)
        person = await present.messenger.conversations.find(CAROL)
        await present.messenger.conversations.block(person.person)
        assert await network.text("unwanted")
        assert await network.text("wanted", source=DAVE)
        await present.received(1)
        assert await present.texts(DAVE) == ["Hello", "wanted"]
        assert await present.texts(CAROL) == ["Hello"]


async def test_a_failure_that_overtakes_the_relays_answer_stays_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link broke before *accepted*, and the report came with the next one: the answer to the repeat is old news."""
    async with alice(tmp_path) as (present, network, _):
        connection = present.messenger.connection
        submit = connection.submit

        async def late(*frame: bytes) -> object:
            answer = await submit(*frame)
            sql = "SELECT count(*) FROM recipients WHERE status = 'failed'"
            await present.until(lambda view: view.value(sql) == 1)
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(connection, "submit", late)
            network.script.append(base.Refused(base.Reason.UNREACHABLE))
            refused = await to(present, CAROL, "refused")
            await present.status(refused, Status.FAILED)
            await present.messenger.outbox.idle()
        await present.status(refused, Status.FAILED)
        assert await present.messenger.database.read(jobs.waiting) == 0
        again = await to(present, CAROL, "again")
        await present.status(again, Status.SENT)
        assert await reason(present, refused) == Reason.TEXT_FAILED
