"""A long day in a quarter of an hour: thousands of messages, reconnects and restarts; nothing grows that should not."""

import asyncio
import gc
import resource
import threading
from pathlib import Path

import pytest

from app.domain.delivery import Status
from tests.parts import people
from tests.parts.relay import Relay

ROUNDS = 40
EACH = 60  # messages each way in a round
QUIET = 10  # rounds after which memory has found its level


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident() -> int:
    """Kilobytes in use by this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


async def _round(a: people.Present, b: people.Present, number: int) -> None:
    """Both write at once; one of the two loses the connection in the middle."""
    writers = [
        _write(a, "bob@example.com", f"a{number}"),
        _write(b, "alice@example.com", f"b{number}"),
    ]
    results = await asyncio.gather(*writers)
    for present, messages in ((a, results[0]), (b, results[1])):
        await present.status(messages[-1], Status.DELIVERED, 60)
    await b.read_all("alice@example.com")
    await a.status(results[0][-1], Status.READ, 60)


async def _write(present: people.Present, to: str, words: str) -> list[bytes]:
    return [await present.write(to, f"{words} {n}") for n in range(EACH)]


@pytest.mark.long
async def test_nothing_grows(relay: Relay, tmp_path: Path) -> None:
    alice = await people.join(tmp_path / "alice", relay.url, "alice@example.com")
    bob = await people.join(tmp_path / "bob", relay.url, "bob@example.com")
    levels: list[int] = []
    async with bob.online() as b:
        async with alice.online() as a:
            hello = await a.write("bob@example.com", "hello")
            await b.received(1)
            await b.accept("alice@example.com")
            await a.status(hello, Status.DELIVERED)
        before: tuple[int, int, int] | None = None
        for number in range(ROUNDS):
            async with alice.online() as a:
                await _round(a, b, number)
            gc.collect()
            levels.append(_resident())
            now = (_open_files(), threading.active_count(), len(asyncio.all_tasks()))
            if number == QUIET:
                before = now
            elif before is not None:
                assert all(after <= first + 2 for after, first in zip(now, before, strict=True)), (before, now)
        count = 2 * ROUNDS * EACH + 1
        assert len(await b.texts("alice@example.com")) == count
    async with alice.awake() as a:
        assert len(await a.texts("bob@example.com")) == count
    settled = levels[QUIET]
    assert max(levels[QUIET:]) < settled * 1.1 + 8_192, levels
