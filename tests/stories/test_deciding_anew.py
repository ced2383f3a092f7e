"""A text that waits is decided anew: what was forbidden meanwhile, or who has joined, holds for it as for any other."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.client.routing import Wanted
from app.domain.bearer import Agreement, Bearer, Texts
from app.domain.conversation import Policy
from app.domain.delivery import Reason, Status
from app.domain.plan import Kind, Plan, UsedUp
from app.protocol import codes, limits
from app.relay.texts import texts
from app.relay.texts.caps import Rules
from app.storage import jobs, ledger
from app.storage.jobs import Job
from app.storage.transaction import Tx
from tests.parts import people, texting
from tests.parts.people import Present
from tests.parts.texting import CAROL, DAVE, PLENTY, Network
from tests.parts.waiting import until
from tests.stories.test_taking_back import ONE, job_of
from tests.stories.test_texts import ALICE, EVER, bearer_of, prove, reason, settled, to


@dataclass
class Scene:
    """Alice, whose text to Dave waits after its first try; what else is sent leaves at once."""

    present: Present
    network: Network
    inside: texting.Inside
    text: bytes
    job: Job

    async def allow(self, policy: Policy) -> None:
        talk = self.present.messenger.conversations
        await talk.allow((await talk.find(DAVE)).person, policy)

    async def hurry(self) -> None:
        await self.present.messenger.sending.hurry()

    async def states(self) -> list[str]:
        found = await self.present.messenger.database.read(lambda view: ledger.of_period(view, EVER))
        return [each.state for each in found if each.message == self.text]


@contextlib.asynccontextmanager
async def refused(folder: Path) -> AsyncGenerator[Scene]:
    """The relay let out one text this minute, and is not as strict any more when the scene begins."""
    network = Network()
    async with texting.relay(folder / "relay", network, rules=ONE) as inside:
        someone = await people.join(folder / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with someone.online() as present:
            await present.status(await to(present, CAROL, "first"), Status.SENT)
            text = await to(present, DAVE, "second")
            await tried(present, text)
            limit(inside, PLENTY)
            yield Scene(present, network, inside, text, await job_of(present, text))


@contextlib.asynccontextmanager
async def uncertain(folder: Path, *, kept: bool = False) -> AsyncGenerator[Scene]:
    """Whether the relay has it nobody knows but the test (``kept``)."""
    network = Network()
    async with texting.relay(folder / "relay", network) as inside:
        someone = await people.join(folder / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with someone.online() as present:
            with texting.unanswered(kept=kept):
                text = await to(present, DAVE, "second")
                await tried(present, text)
            yield Scene(present, network, inside, text, await job_of(present, text))


async def tried(present: Present, message: bytes) -> None:
    row = await present.row(message)
    await present.until(lambda view: any(job.tries for job in jobs.of_message(view, row)))


def limit(inside: texting.Inside, rules: Rules) -> None:
    sending = inside.relay.texts
    sending._admission = replace(sending._admission, rules=rules)


async def no_longer(scene: Scene, policy: Policy = Policy.ONLY_ENCRYPTED) -> None:
    await scene.allow(policy)


async def no_texts(scene: Scene) -> None:
    scene.present.messenger.settings.change("send_as_text", Texts.NEVER.value)


FORBIDDEN = pytest.mark.parametrize(
    ("forbid", "why"), [(no_longer, Reason.NOT_ON_KINGFISHER), (no_texts, Reason.TEXTS_OFF)]
)


@FORBIDDEN
async def test_one_that_a_limit_refused_does_not_leave_after_it_was_forbidden(
    tmp_path: Path, forbid: Callable[[Scene], Awaitable[None]], why: Reason
) -> None:
    async with refused(tmp_path) as scene:
        assert (scene.job.state, scene.job.sealed, await scene.states()) == ("waiting", b"", ["released"])
        await forbid(scene)
        await scene.hurry()
        await scene.present.status(scene.text, Status.FAILED)
        assert await reason(scene.present, scene.text) == why
        assert scene.network.words() == "first"
        assert await scene.states() == ["released"]


async def test_one_that_a_limit_refused_leaves_once_when_it_is_let_out(tmp_path: Path) -> None:
    async with refused(tmp_path) as scene:
        await scene.hurry()
        await scene.present.status(scene.text, Status.SENT)
        await settled(scene.present, 2)
        assert scene.network.words() == "firstsecond"
        assert await scene.states() == ["settled"]


async def test_one_that_a_limit_refused_goes_encrypted_to_who_has_joined(tmp_path: Path) -> None:
    async with refused(tmp_path) as scene:
        dave = await people.join(tmp_path / "dave", scene.inside.url, DAVE)
        await scene.hurry()
        await _goes_encrypted(scene, dave)
        assert scene.network.words() == "first"


async def test_one_that_may_have_left_is_taken_back_for_who_has_joined(tmp_path: Path) -> None:
    async with uncertain(tmp_path) as scene:
        dave = await people.join(tmp_path / "dave", scene.inside.url, DAVE)
        await scene.hurry()
        await _goes_encrypted(scene, dave)
        assert scene.network.words() == ""


async def _goes_encrypted(scene: Scene, dave: people.Someone) -> None:
    await scene.present.status(scene.text, Status.SENT)
    assert await bearer_of(scene.present, scene.text) == Bearer.RICH
    assert await scene.states() == ["released"]
    async with dave.online() as there:
        await there.received(1)
        assert await there.texts(ALICE) == ["second"]


@FORBIDDEN
async def test_one_that_may_have_left_is_taken_back_after_it_was_forbidden(
    tmp_path: Path, forbid: Callable[[Scene], Awaitable[None]], why: Reason
) -> None:
    async with uncertain(tmp_path) as scene:
        assert (scene.job.state, scene.job.way, await scene.states()) == ("sealed", "text", ["reserved"])
        await forbid(scene)
        await scene.hurry()
        await scene.present.status(scene.text, Status.FAILED)
        assert await reason(scene.present, scene.text) == why
        assert (await job_of(scene.present, scene.text)).attempt == scene.job.attempt + 1
        answer = await scene.present.messenger.connection.submit(scene.job.submit, scene.job.sealed)
        assert getattr(answer, "code", "") == codes.Code.WITHDRAWN
        assert (scene.network.words(), await scene.states()) == ("", ["released"])


async def test_one_that_has_left_stays_a_text_whatever_is_wanted_since(tmp_path: Path) -> None:
    async with uncertain(tmp_path, kept=True) as scene:
        await until(lambda: scene.network.words() == "second")
        await scene.allow(Policy.ONLY_ENCRYPTED)
        await scene.hurry()
        await scene.present.status(scene.text, Status.SENT)
        await settled(scene.present, 1)
        assert (scene.network.words(), await bearer_of(scene.present, scene.text)) == ("second", Bearer.TEXT)


async def test_where_the_relay_cannot_say_nothing_more_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with uncertain(tmp_path) as scene:
        monkeypatch.setattr(texts.Texts, "_counts", lambda *_: False)
        await scene.allow(Policy.ONLY_ENCRYPTED)
        await scene.hurry()
        await scene.present.status(scene.text, Status.FAILED)
        assert await reason(scene.present, scene.text) == Reason.TEXT_UNKNOWN
        assert (scene.network.words(), await scene.states()) == ("", ["reserved"])


async def test_one_that_may_have_left_goes_again_as_it_was_reserved(tmp_path: Path) -> None:
    """What was sent after it, beyond the plan, does not take away its place within."""
    async with uncertain(tmp_path) as scene:
        messenger = scene.present.messenger
        limited = Plan(Kind.LIMITED, 1, when_used_up=UsedUp.ASK, price=12, currency="GBP")
        await messenger.database.write(lambda tx: ledger.set_plan(tx, limited))
        person = (await messenger.routing.person_for(CAROL)).person
        shown = (await messenger.routing.forecast(person, Wanted("more"))).choice
        assert (shown.why, shown.route and shown.route.price) == (Reason.PLAN_USED_UP, 12)
        await scene.present.status(await to(scene.present, CAROL, "more", agreed=Agreement(1, 12)), Status.SENT)
        await scene.hurry()
        await scene.present.status(scene.text, Status.SENT)
        await settled(scene.present, 2)
        assert scene.network.words() == "moresecond"
        found = await messenger.database.read(lambda view: ledger.of_period(view, EVER))
        assert [(each.segments, each.price) for each in found] == [(1, 0), (1, 12)]
        assert found[0].submit == scene.job.submit


async def test_what_was_forbidden_between_forecast_and_sealing_is_not_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with refused(tmp_path) as scene:
        way = scene.present.messenger.outbox._texting.way
        forbid = [scene.allow]

        async def slow(job: Job):
            found = await way(job)
            if forbid:
                await forbid.pop()(Policy.ONLY_ENCRYPTED)
            return found

        monkeypatch.setattr(scene.present.messenger.outbox._texting, "way", slow)
        await scene.hurry()
        await scene.present.status(scene.text, Status.FAILED)
        assert await reason(scene.present, scene.text) == Reason.NOT_ON_KINGFISHER
        assert scene.network.words() == "first"


async def test_given_up_after_a_limit_it_costs_nothing_of_the_plan(tmp_path: Path) -> None:
    async with refused(tmp_path) as scene:
        limit(scene.inside, ONE)
        await _given_up(scene)
        assert (scene.network.words(), await scene.states()) == ("first", ["released"])


async def test_given_up_while_nobody_knows_it_stays_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with uncertain(tmp_path) as scene:
        monkeypatch.setattr(texts, "PENDING", 0)  # busy
        await _given_up(scene)
        assert (scene.network.words(), await scene.states()) == ("", ["reserved"])


async def _given_up(scene: Scene) -> None:
    """A day under a connection has passed without success."""

    def age(tx: Tx) -> None:
        tx.run("UPDATE jobs SET due_at = 0, connected_tries_since = ?", (tx.now - limits.DAY - limits.HOUR,))

    await scene.present.messenger.database.write(age)
    scene.present.messenger.outbox.wake()
    await scene.present.status(scene.text, Status.FAILED)
    assert await reason(scene.present, scene.text) == Reason.GAVE_UP
