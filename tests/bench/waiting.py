"""Coming back after a while away: a real messenger takes everything that waited for it at a real relay."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app.content import text
from app.domain.delivery import Status
from app.storage.transaction import View
from tests.bench import meter, report, servers
from tests.bench.report import Row
from tests.parts.people import Someone, join

GOAL = 10.0  # seconds
SENDERS = 20
PATIENCE = 600.0  # seconds for the slowest step


def drain(count: int, say: Callable[[str], None]) -> list[Row]:
    """``count`` messages from 20 people, from opening the profile until all are stored."""
    seconds = asyncio.run(_drain(count // SENDERS, say))
    name = f"{count // SENDERS * SENDERS:,} waiting messages from {SENDERS} people"
    return [Row(name, f"{seconds:.1f} s", value=seconds, goal=GOAL)]


async def _drain(each: int, say: Callable[[str], None]) -> float:
    with tempfile.TemporaryDirectory(prefix="kingfisher-bench-waiting-") as name:
        folder = Path(name)
        async with servers.running(servers.kingfisher()) as server:
            bob, _ = await mailbox(folder, f"http://127.0.0.1:{server.port}", each, say)
            watch = meter.Meter(server.pid)
            seconds = await _come_back(bob, each * SENDERS, say)
            say(f"waiting: {report.load_note(watch.stop(each * SENDERS).others)}")
            return seconds


async def mailbox(folder: Path, url: str, each: int, say: Callable[[str], None]) -> tuple[Someone, list[Someone]]:
    """Somebody for whom ``each`` messages of every sender wait at the relay, and the senders."""
    bob = await join(folder / "bob", url, "bob@example.com")
    senders = [await join(folder / f"s{n}", url, f"sender{n}@example.com") for n in range(SENDERS)]
    async with bob.online() as present:  # whom he wrote to is no stranger with a narrow mailbox
        for sender in senders:
            await present.status(await present.write(sender.address, "Write to me"), Status.SENT)
    started = time.perf_counter()
    await asyncio.gather(*(_send(sender, bob.address, each) for sender in senders))
    say(f"waiting: {each * SENDERS:,} messages sent in {time.perf_counter() - started:.0f} s")
    return bob, senders


async def _send(sender: Someone, to: str, each: int) -> None:
    async with sender.online() as present:
        person = await present.messenger.routing.person_for(to)
        for number in range(each):
            await present.messenger.sending.send(person.person, text.Text(f"Message {number} of {each}, hello again"))
        async with asyncio.timeout(PATIENCE):
            await present.messenger.outbox.idle()


async def _come_back(bob: Someone, count: int, say: Callable[[str], None]) -> float:
    started, cpu = time.perf_counter(), time.process_time()
    async with bob.awake() as present:
        present.messenger.connect()
        async with asyncio.timeout(PATIENCE):
            await present.messenger.caught_up()
        caught_up = time.perf_counter() - started
        await present.until(lambda view: stored(view) >= count, PATIENCE)
        seconds = time.perf_counter() - started
        say(f"waiting: mailbox empty after {caught_up:.1f} s, all stored after {seconds:.1f} s")
        say(f"waiting: {(time.process_time() - cpu) / count * 1e6:.0f} us of CPU a message")
    return seconds


def stored(view: View) -> int:
    """How many messages of others are there."""
    return view.value("SELECT count(*) FROM messages WHERE outgoing = 0 AND kind = 'text'")
