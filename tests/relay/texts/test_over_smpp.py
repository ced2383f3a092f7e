"""A relay and a message centre that is not ours: texts there and back, and a relay that dies half way."""

import sys
from collections import Counter
from pathlib import Path

import apsw
import pytest

from app.common import clock
from app.protocol import frames, segments
from tests.parts import texting, texting_relay
from tests.parts.message_centre import Event, MessageCentre
from tests.parts.relay import Relay
from tests.parts.texting import CAROL, submit_text
from tests.parts.waiting import until
from tests.parts.wire_client import Person, Wire, WireClient

LONG = "€" * 380  # 76 a segment: five
THROTTLED = 0x58


def words(sent: list[Event]) -> str:
    """Of all these segments, in the order of their headers."""
    ordered = sorted(sent, key=lambda one: str(one["header"]))
    return segments.decode(b"".join(bytes.fromhex(one["user_data"]) for one in ordered), segments.Alphabet.GSM)


async def outcome(client: WireClient, submit: bytes, *states: str) -> frames.TextReport:
    """The report that it came to one of these states."""
    while True:
        report = await client.take(frames.TextReport)
        await client.send(frames.Ack((report.entry,)))
        if report.submit == submit and report.state in states:
            return report


async def test_there_and_back(centre: MessageCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = texting_relay.gateway(centre.port, clock.SystemClock())
    async with texting.relay(tmp_path / "relay", gateway) as inside, texting.wire(inside) as wire:
        await until(lambda: gateway.bound)
        alice = await texting.join(inside, wire)
        async with alice.online() as client:
            await alice.publish(client)
            await centre.fault(submit_status=THROTTLED, after=2, count=2, copies=2, intermediate=True)
            await client.send(frame := submit_text(LONG))
            report = await outcome(client, frame.submit, "delivered")
            assert (report.segments, report.price) == (5, -1)
            sent = await centre.segments(7)
            assert words([sent[at] for at in (0, 1, 4, 5, 6)]) == LONG
            answer = "Zdravo, Alice 😀 " * 19
            statuses = await centre.text(answer, coding="ucs2", ref=9, order=[4, 2, 0, 3, 1], dup=[2])
            assert statuses == [0] * 6
            entry = await client.take(frames.DeliverText)
            assert alice.open(entry).text == answer
            with monkeypatch.context() as full:
                full.setattr(inside.relay._upkeep, "full", True)
                assert await centre.text("too much") == [0x64]
            assert await centre.text("too much") == [0]
            assert alice.open(await client.take(frames.DeliverText)).text == "too much"
            assert await centre.text("STOP") == [0]
            assert alice.open(await client.take(frames.DeliverText)).answered
            await centre.segments(8)
            await client.send(submit_text())
            assert (await client.take(frames.Refused)).code == "text_opted_out"
            assert not [said for said in await client.settle() if isinstance(said, frames.DeliverText)]


async def test_one_of_five_does_not_arrive(centre: MessageCentre, tmp_path: Path) -> None:
    gateway = texting_relay.gateway(centre.port, clock.SystemClock())
    async with texting.relay(tmp_path / "relay", gateway) as inside, texting.wire(inside) as wire:
        await until(lambda: gateway.bound)
        alice = await texting.join(inside, wire)
        async with alice.online() as client:
            await centre.fault(receipt=["DELIVRD", "DELIVRD", "UNDELIV", "DELIVRD", "DELIVRD"], early=True)
            await client.send(frame := submit_text(LONG))
            report = await outcome(client, frame.submit, "delivered", "failed")
            assert (report.state, report.reason, report.segments) == ("failed", "text_unreachable", 5)


async def process(centre: MessageCentre, data: Path, monkeypatch: pytest.MonkeyPatch) -> Relay:
    """The relay in a process of its own."""
    monkeypatch.setenv(texting_relay.PORT, str(centre.port))
    program = (sys.executable, "-m", "tests.parts.texting_relay")
    return await Relay(data, program=program).start()


def prove(data: Path, person: Person) -> None:
    database = apsw.Connection(str(data / "relay.db"))
    database.set_busy_timeout(5_000)
    database.execute("UPDATE address SET standing = 'proved' WHERE address = ?", (person.address,))
    database.close()


def handed(data: Path) -> list[str]:
    database = apsw.Connection(str(data / "relay.db"), flags=apsw.SQLITE_OPEN_READWRITE)
    database.set_busy_timeout(5_000)
    found = [word for (word,) in database.execute("SELECT handed FROM text_item ORDER BY sequence")]
    database.close()
    return found


@pytest.mark.parametrize("where", ["between two", "in the middle of one"])
async def test_killed_after_two_of_five_all_five_arrive_and_none_twice(
    centre: MessageCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    data = tmp_path / "relay"
    monkeypatch.setenv(texting_relay.HOLD, "2.0")  # nothing is written again before the lost link is noticed
    relay = await process(centre, data, monkeypatch)
    try:
        async with Wire(relay.url) as wire:
            alice = await wire.join("+12025550101")
            prove(data, alice)
            async with wire.online(alice.gadgets[0]) as client:
                between = where == "between two"
                throttled = {"submit_status": THROTTLED, "after": 2, "then_down": 1}
                await centre.fault(**(throttled if between else {"hold": True}))
                await client.send(frame := submit_text(LONG))
                await client.accepted(frame.submit)
                if between:  # the third is refused for now, then the link is lost: it was not written
                    await centre.segments(3)
                    await until(lambda: handed(data) == ["taken"] * 2 + ["waiting"] * 3)
                else:  # the message centre has the third, and has not said so
                    for count in (1, 2):
                        await centre.seen(count, event="holding")
                        await centre.order("release")
                    await centre.seen(3, event="holding")
                    await until(lambda: handed(data) == ["taken", "taken", "handing", "waiting", "waiting"])
                await relay.kill()
        await centre.fault()
        if between:
            await centre.order("up")
        await relay.start()
        async with Wire(relay.url) as wire, wire.online(alice.gadgets[0]) as client:
            report = await outcome(client, frame.submit, "delivered" if between else "unknown")
    finally:
        await relay.stop()
    sent = await centre.seen(5, event="pdu", command="submit_sm")
    if between:
        del sent[2 : len(sent) - 3]  # the throttled tries
    assert words(sent) == LONG
    assert Counter(one["header"] for one in sent).most_common(1)[0][1] == 1
    assert {one["destination"] for one in sent} == {CAROL[1:]}
    assert report.segments == (5 if between else 4)
