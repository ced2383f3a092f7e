"""Looks into the stores from outside, while programs run or after they died, and says who claims what is not so."""

from dataclasses import dataclass, field

import apsw

from app.domain.delivery import Status, reached
from app.storage import messages, people, recipients
from app.storage.transaction import View
from tests.faults.world import World


@dataclass
class Store:
    """What one person's store holds: own messages with the farthest status they claim, and those of the other."""

    claims: dict[bytes, Status] = field(default_factory=dict)
    submits: dict[bytes, bytes] = field(default_factory=dict)
    has: set[bytes] = field(default_factory=set)
    read: set[bytes] = field(default_factory=set)


def look(world: World, who: str) -> Store:
    """Read a store; its files stay as the dead left them."""
    return world.look(who, _read)


def _read(view: View) -> Store:
    found = Store()
    for person in people.every(view):
        unread = {each.message for each in messages.unread(view, person.person, None)}
        for message in messages.before(view, person.person, None, 1_000):
            if message.outgoing:
                (entry,) = recipients.of_rows(view, [message.row])[message.row]
                found.claims[message.message] = Status(entry.status)
                found.submits[message.message] = entry.submit
            else:
                found.has.add(message.message)
                if message.message not in unread:
                    found.read.add(message.message)
    return found


def waiting(world: World) -> set[bytes]:
    """The submit ids whose envelopes lie on the relay's disk."""
    connection = apsw.Connection(str(world.mail), apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.set_busy_timeout(5_000)
        sql = (
            "SELECT submit FROM submit WHERE EXISTS "
            "(SELECT 1 FROM mail WHERE mail.entry >= submit.entry AND mail.entry < submit.entry + submit.count)"
        )
        return {submit for (submit,) in connection.execute(sql)}
    finally:
        connection.close()


def lies(world: World) -> list[str]:
    """Statuses that are not so at this moment.

    First what is claimed, then what the relay holds, then what the people hold: in this order a message that moves on
    meanwhile is seen where it arrives.
    """
    claimed = {who: look(world, who) for who in ("alice", "bob")}
    kept = waiting(world)
    found: list[str] = []
    for who, other in (("alice", "bob"), ("bob", "alice")):
        there = look(world, other)
        for message, status in claimed[who].claims.items():
            name = f"{who}'s message {message.hex()[:8]} is {status.value}"
            if reached(status, Status.SENT) and not (message in there.has or claimed[who].submits[message] in kept):
                found.append(f"{name}, but neither {other} nor the relay has it")
            if reached(status, Status.DELIVERED) and message not in there.has:
                found.append(f"{name}, but {other} does not have it")
            if reached(status, Status.READ) and message not in there.read:
                found.append(f"{name}, but {other} has not read it")
    return found
