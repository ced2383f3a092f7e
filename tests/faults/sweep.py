"""The cases: every place of the tables, before and after, once and twice, and every commit one after the other."""

import asyncio
import itertools
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.dialogue import Fault, Unreached, Untrue, play
from tests.faults.world import World, make

LANES = 3  # cases at a time: each waits a good deal for programs that start and connections that come back

# Row by row: who is killed, and where. A test holds this against the document.
PLACES = {
    "S1": ("alice", "app.client.sending.Sending.send"),
    "S2": ("alice", "app.client.outbox.Outbox._run_lane"),
    "S3": ("alice", "app.client.routing.Routing.forecast"),
    "S4": ("alice", "app.client.sessions.Sessions.plan"),
    "S5": ("alice", "app.client.sealing.Sealing._write"),
    "S6": ("alice", "app.client.sealing.Sealing.seal"),
    "S7": ("alice", "app.net.connection.Connection.submit"),
    "S8": ("relay", "app.relay.session.Session._on_submit"),
    "S9": ("relay", "app.relay.mailbox.Mailbox.accept"),
    "S10": ("relay", "app.relay.store.sqlite.writer.Writer._commit"),
    "S11": ("relay", "app.relay.session.Session._accepted"),
    "S12": ("alice", "app.client.outbox.Outbox._accepted"),
    "S13": ("alice", "app.client.intake.Intake._receipt"),
    "R1": ("relay", "app.relay.session.Session._deliver"),
    "R2": ("bob", "app.client.inbox.Inbox._take"),
    "R3": ("bob", "app.client.inbox.Inbox._heads"),
    "R4": ("bob", "app.client.sessions.Sessions.open"),
    "R5": ("bob", "app.client.intake.Intake.apply"),
    "R6": ("bob", "app.client.sessions.Sessions.save"),
    "R7": ("bob", "app.client.inbox.Inbox._batch"),
    "R8": ("bob", "app.net.connection.Connection.acknowledge"),
    "R9": ("relay", "app.relay.mailbox.Mailbox.acknowledge"),
    "R10": ("bob", "app.client.receipting.Receipting.flush"),
    "R11": ("bob", "app.client.conversations.Conversations.mark_read"),
}
CLIENT_COMMIT = "app.storage.database.Database._commit"
RELAY_COMMIT = PLACES["S10"][1]
WHEN = ("before", "after")
# Who commits while what happens, and how often at least: fewer would mean that the sweep ended too soon.
COMMITS = (
    (Fault("alice", CLIENT_COMMIT, "before"), 8),
    (Fault("bob", CLIENT_COMMIT, "before"), 8),
    (Fault("bob", CLIENT_COMMIT, "before", away=True), 8),
    (Fault("relay", RELAY_COMMIT, "before"), 8),
    (Fault("relay", RELAY_COMMIT, "before", away=True), 8),
)


def of_the_tables() -> Iterator[Fault]:
    """Every place in its own part: before and after, once and twice, the receiver there and away."""
    for (who, point), when, times, away in itertools.product(PLACES.values(), WHEN, (1, 2), (False, True)):
        if not (away and who == "alice"):  # the sender's part is the same
            yield Fault(who, point, when, times=times, away=away)


def the_other_way() -> Iterator[Fault]:
    """The same places with the parts exchanged: the receiver sends too (receipts, an answer), the sender receives."""
    for (who, point), when in itertools.product(PLACES.values(), WHEN):
        if who != "relay":
            yield Fault("bob" if who == "alice" else "alice", point, when)


def singles(faults: Iterator[Fault]) -> list[tuple[Sequence[Fault], int]]:
    return [((fault,), 1) for fault in faults]


def commits() -> list[tuple[Sequence[Fault], int]]:
    """Chains: the first commit, the second, and so on until there is none left."""
    return [
        ([replace(first, when=when, nth=nth) for nth in range(1, 200)], least)
        for first, least in COMMITS
        for when in WHEN
    ]


@dataclass
class Report:
    """What became of a sweep."""

    cases: int = 0
    kills: int = 0
    chains: list[str] = field(default_factory=list)  # how far those of several cases went
    failures: list[str] = field(default_factory=list)


async def run(folder: Path, chains: Sequence[tuple[Sequence[Fault], int]]) -> Report:
    """Work the chains off; a chain ends with the first case whose place is not reached, after at least so many."""
    report = Report()
    left = iter(list(enumerate(chains)))

    async def lane(number: int) -> None:
        world = await make(folder / f"lane{number}")
        for index, (faults, least) in left:
            await _chain(world, folder / f"chain{index}", faults, least, report)

    await asyncio.gather(*(lane(number) for number in range(LANES)))
    return report


async def _chain(world: World, folder: Path, faults: Sequence[Fault], least: int, report: Report) -> None:
    reached = 0
    for number, fault in enumerate(faults):
        case = folder / str(number)
        report.cases += 1
        try:
            kills = await play(world, case, fault)
        except Unreached:
            report.cases -= 1
            break
        except Untrue as error:
            report.failures.append(f"{fault}: {error}")
        else:
            report.kills += kills
            shutil.rmtree(case)
        reached += 1
    if len(faults) > 1:
        report.chains.append(f"{faults[0]} up to {reached}")
    if reached < least:
        report.failures.append(f"{faults[0]}: reached {reached} times, at least {least} expected")
