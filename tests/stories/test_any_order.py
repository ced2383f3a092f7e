"""A relay that hands over what waited from the last to the first: nothing is lost, and both read it in one order."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.domain.delivery import Status
from app.protocol import frames
from app.storage import notices
from app.storage.transaction import View
from tests.parts import people
from tests.parts.lying_wire import lying_relay
from tests.parts.people import Present

ALICE, BOB = "alice@example.com", "bob@example.com"
COUNT = 8  # messages in a row, which wait in one mailbox

Order = Callable[[list[frames.Deliver]], Sequence[frames.Deliver]]


def _backwards(entries: list[frames.Deliver]) -> Sequence[frames.Deliver]:
    return entries[::-1]


def _shuffled(entries: list[frames.Deliver]) -> Sequence[frames.Deliver]:
    return random.Random(7).sample(entries, len(entries))


def _twice(entries: list[frames.Deliver]) -> Sequence[frames.Deliver]:
    return [*entries[::-1], *entries]


async def _write(present: Present, to: str, letter: str) -> list[bytes]:
    written = [await present.write(to, f"{letter}{n}") for n in range(COUNT)]
    for message in written:
        await present.status(message, Status.SENT)
    return written


def _refused(view: View) -> list[str]:
    return [name for name, count in notices.counters(view).items() if name.startswith("refused/") and count]


@pytest.mark.parametrize("order", [_backwards, _shuffled, _twice], ids=lambda order: order.__name__.strip("_"))
async def test_what_waited_may_come_in_any_order(tmp_path: Path, order: Order) -> None:
    """Also the very first messages, each of which may be the one that begins the session."""
    turned: list[int] = []

    def turn(batch: Sequence[frames.RelayFrame]) -> Sequence[frames.RelayFrame]:
        entries = [frame for frame in batch if isinstance(frame, frames.Deliver)]
        turned.append(len(entries))
        places = [n for n, frame in enumerate(batch) if isinstance(frame, frames.Deliver)]
        first = places[0] if places else len(batch)
        others = [frame for frame in batch[first:] if not isinstance(frame, frames.Deliver)]
        return [*batch[:first], *order(entries), *others]

    async with lying_relay(tmp_path) as wire:
        alice, bob = [await people.join(tmp_path / name, wire.url, name) for name in (ALICE, BOB)]
        async with alice.online() as a:
            ours = await _write(a, BOB, "a")
        wire.turn = turn
        async with bob.online() as b:
            await b.received(COUNT)
            assert max(turned) == COUNT, "never turned"
            await b.accept(ALICE)
            theirs = await _write(b, ALICE, "b")
            turned.clear()
            async with alice.online() as a:
                await a.received(COUNT)
                assert max(turned) >= COUNT, "never turned"
                for present, messages in ((a, ours), (b, theirs)):
                    for message in messages:
                        await present.status(message, Status.DELIVERED)
                expected = [f"{letter}{n}" for letter in "ab" for n in range(COUNT)]
                for present, other in ((a, BOB), (b, ALICE)):
                    assert await present.texts(other) == expected
                    assert await present.messenger.database.read(_refused) == []
