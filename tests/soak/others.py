"""The other side of the soak, a process of its own: python -m tests.soak.others FOLDER RELAY COUNT EACH-ROUND.

Reads one number a line: how many messages each of them is to write now. An empty line ends it; at the end one line of
JSON says what everybody got.
"""

import asyncio
import json
import sys
from pathlib import Path

from app.content.text import Text
from app.storage.transaction import View
from tests.parts.people import Present, join

ALICE = "alice@example.com"
WORDS = "The river was high this morning, and nobody had seen the bird; shall we try again on Sunday?"


async def live(folder: Path, relay: str, count: int) -> None:
    everybody = [await join(folder / f"p{number}", relay, f"person{number:02}@example.com") for number in range(count)]
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    stack = [each.online() for each in everybody]
    present = [await each.__aenter__() for each in stack]
    say({"ready": [each.address for each in everybody]})
    done = [0] * count
    while line := (await lines.readline()).strip():
        await asyncio.gather(*(_round(each, n, int(line), done) for n, each in enumerate(present)))
        say({"written": sum(done)})
    got = [await _received(each) for each in present]
    for each in stack:
        await each.__aexit__(None, None, None)
    say({"got": got})


def say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


async def _round(present: Present, number: int, each: int, done: list[int]) -> None:
    person = await present.messenger.routing.person_for(ALICE)
    await present.messenger.conversations.mark_read(person.person)
    for _ in range(each):
        done[number] += 1
        words = f"{number}/{done[number]} {WORDS[: 10 + done[number] * 7 % len(WORDS)]}"
        await present.messenger.sending.send(person.person, Text(words))
    async with asyncio.timeout(300):
        await present.messenger.outbox.idle()


async def _received(present: Present) -> list[str]:
    """The first word of everything that came in."""

    def look(view: View) -> list[str]:
        rows = view.rows("SELECT body FROM messages WHERE outgoing = 0 AND kind = 'text' ORDER BY row")
        return [Text.from_wire(body).text.split()[0] for (body,) in rows]

    return await present.messenger.database.read(look)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
