"""What was forecast is what happens, with a real relay: over people, policies, wishes, yeses, plans and the switch.

The directory answers, or does not, or says without a signature that nobody has the account any more: then what is
forecast to wait waits, and goes as is forecast once the directory answers again.
"""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.client.routing import Forecast, Wanted
from app.common import errors
from app.domain.bearer import Bearer, Choice, Policy, Wish
from app.domain.delivery import Status
from app.domain.plan import Kind, Plan, UsedUp
from app.protocol import frames
from app.relay.accounts import Account
from app.relay.directory import Lookups
from app.relay.limits import Limits
from app.storage import conversations, ledger, recipients
from tests.parts import people
from tests.parts.people import Present
from tests.parts.texting import CAROL, Network
from tests.stories.test_texts import BOB, YES, alice, bearer_of, reason, to

PLANS = (
    Plan(),
    Plan(Kind.PAY, price=12, currency="GBP"),
    Plan(Kind.LIMITED, 0, when_used_up=UsedUp.STOP),
    Plan(Kind.LIMITED, 0, when_used_up=UsedUp.ASK, price=12, currency="GBP"),
)


COUNT = 40
FAST = Limits(requests_a_second=1_000)  # people do not look each other up as quickly as a test on a fast machine
OFF = (10, 33)  # Bob has switched rich messages off between these two


ALL = 57  # the dice of this seed fall so that everything happens
TROUBLES = ("", "", "silent", "gone")


class Directory:
    """A relay whose directory has troubles with everybody's lookups, and with one account."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._trouble = ""
        self.account: Account | None = None
        answer = Lookups.answer

        def troubled(*args) -> frames.Found:
            if self._trouble == "silent":
                raise errors.AgainLater("busy", retry_after=0.01)
            found, by_id = answer(*args), not args[2].address
            return replace(found, standing=frames.GONE) if self._trouble == "gone" and by_id else found

        monkeypatch.setattr(Lookups, "answer", troubled)

    @contextlib.contextmanager
    def __call__(self, trouble: str) -> Iterator[None]:
        assert self.account is not None
        self._trouble, self.account.gone = trouble, trouble == "gone"
        try:
            yield
        finally:
            self._trouble, self.account.gone = "", False


@pytest.mark.parametrize("seed", [ALL, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(8, 17))])
async def test_forecast_is_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    dice, directory = random.Random(seed), Directory(monkeypatch)
    async with alice(tmp_path, FAST) as (present, network, inside):
        bob = await people.join(tmp_path / "bob", inside.url, BOB)
        async with bob.online() as there:
            await to(present, BOB, "Hello")
            await there.received(1)
            await there.accept("+12025550101")
            directory.account = inside.relay.accounts.get(there.messenger.me.account, inside.clock.now())
            seen, waited = set[tuple[str, str]](), set[tuple[str, str]]()
            for number in range(COUNT):
                if number in OFF:
                    await there.messenger.rich.switch(number == OFF[1])
                step = (dice.choice((BOB, CAROL)), dice.choice(list(Policy)), dice.choice(list(Wish)))
                agreed, plan = dice.choice((None, YES)), dice.choice(PLANS)
                address, policy, wish = step
                person = (await present.messenger.routing.person_for(address)).person

                def change(tx, person: bytes = person, policy: str = policy, plan: Plan = plan) -> None:
                    conversations.set_bearer(tx, person, policy)
                    ledger.set_plan(tx, plan)

                await present.messenger.database.write(change)
                wanted, trouble = Wanted(f"number {number}", wish, agreed), dice.choice(TROUBLES)
                with directory(trouble):
                    await _ask(present, there.messenger.me.account, trouble)
                    shown = await present.messenger.routing.forecast(person, wanted)
                    message = await to(present, address, f"number {number}", wish, agreed)
                    await _becomes(present, network, message, shown, number)
                if shown.choice.bearer is Bearer.UNDECIDED:
                    waited.add((address, trouble))
                    await present.messenger.routing.refresh(there.messenger.me.account)
                    shown = await present.messenger.routing.forecast(person, wanted)
                    present.messenger.outbox.wake()
                    await _becomes(present, network, message, shown, number)
                left = _left(network, number)
                assert not (left and (policy == "only_encrypted" or wish is Wish.RICH))
                assert not left or address == CAROL or agreed is not None or policy == "always_text"
                seen.add((address, shown.choice.bearer.value))
            missed = {(BOB, "rich"), (BOB, "text"), (BOB, "none"), (CAROL, "text"), (CAROL, "none")} - seen
            assert len(missed) <= (seed != ALL), missed  # the dice of some seeds never fall so that one way is gone
            assert seed != ALL or waited >= {(BOB, "gone"), (CAROL, "silent")}


async def _ask(present: Present, account: bytes, trouble: str) -> None:
    """So that what the relay says is known here; nothing but the trouble may stand in the way."""
    code = ""
    try:
        await present.messenger.routing.refresh(account)
    except errors.AgainLater as error:
        code = error.code
    assert code in ("", {"silent": "busy", "gone": "unconfirmed"}.get(trouble))


async def _becomes(present: Present, network: Network, message: bytes, shown: Forecast, number: int) -> None:
    """What was shown of it, and nothing else: failed for that reason, waiting for it, or gone that way."""
    choice: Choice = shown.choice
    if choice.bearer is Bearer.NONE:
        await present.status(message, Status.FAILED)
        assert await reason(present, message) == choice.why
    elif choice.bearer is Bearer.UNDECIDED:
        row = await present.row(message)
        await present.until(lambda view: recipients.of_rows(view, [row])[row][0].reason == choice.why)
    else:
        await present.status(message, Status.SENT)
        assert await bearer_of(present, message) == choice.bearer
    if choice.bearer is Bearer.TEXT:
        await present.until(lambda view: not _open(view))
    assert _left(network, number) == (choice.bearer is Bearer.TEXT)


def _left(network: Network, number: int) -> bool:
    """Whether it went out as a text."""
    return f"number {number}" in [item.text for _, item in network.taken]


def _open(view) -> bool:
    return view.value("SELECT count(*) FROM ledger WHERE state = 'reserved'") > 0
