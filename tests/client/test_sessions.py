"""The locks of peer devices: kept while somebody holds one or waits for it, and no longer."""

import asyncio
from typing import Any, cast

from app.client.sessions import Sessions
from app.common.clock import ManualClock
from app.crypto.parties import Party

BOB = Party(b"B" * 32, b"b" * 16)


def sessions() -> Sessions:
    """Without a store: nothing is loaded here."""
    nothing = cast(Any, None)
    return Sessions(nothing, nothing, nothing, nothing, nothing, ManualClock())


async def test_no_lock_is_left_behind() -> None:
    made = sessions()
    for number in range(1000):
        async with made.holding([Party(b"S" * 32, number.to_bytes(16, "big")), BOB]):
            assert len(made._locks) == 2
    assert not made._locks


async def test_a_lock_that_is_waited_for_stays_the_same() -> None:
    """Also between its release and the moment the one who waited has it."""
    made, inside, order = sessions(), 0, list[int]()
    held = asyncio.Event()

    async def work(number: int) -> None:
        nonlocal inside
        async with made.holding([BOB]):
            inside += 1
            assert inside == 1
            order.append(number)
            await held.wait()
            await asyncio.sleep(0)
            inside -= 1

    first = [asyncio.ensure_future(work(number)) for number in range(3)]
    await asyncio.sleep(0)
    first[1].cancel()
    held.set()
    while not first[0].done():
        await asyncio.sleep(0)
    await asyncio.gather(*first, work(3), return_exceptions=True)
    assert order == [0, 2, 3]
    assert not made._locks
