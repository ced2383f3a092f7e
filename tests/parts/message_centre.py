"""A message centre of the phone network in a process of its own; its answers, faults and texts are the test's."""

import asyncio
import json
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.parts import node

SCRIPT = Path(__file__).with_name("smsc") / "smsc.js"
USER, PASSWORD = "relay", "secret1"
PATIENCE = 20.0

Event = dict[str, Any]


@dataclass
class MessageCentre:
    """Where it listens (SMPP, on 127.0.0.1) and what happened there since the last reset."""

    control: aiohttp.ClientSession
    port: int = 0
    events: list[Event] = field(default_factory=list)
    _next: int = 0

    async def reset(self) -> None:
        """As if it were new: no connections, no faults, nothing seen."""
        answer = await self.order("reset")
        self.port, self._next, self.events = answer["smpp"], answer["next"], []

    async def order(self, order: str, /, **fields: Any) -> Any:
        """Give one of the orders at the head of smsc.js and return its answer."""
        async with self.control.post(f"/{order}", json=fields) as answer:
            found = await answer.json()
            assert answer.status == 200, found
            return found

    async def fault(self, **fields: Any) -> None:
        """What to do wrong from now on; nothing: nothing."""
        await self.order("fault", **fields)

    async def text(self, text: str, **fields: Any) -> list[int]:
        """A phone sends a text; the command_status of the answer to each part, -1 where none came."""
        wanted = {"from": "12025550123", "to": "12025550100", "coding": "gsm", "text": text, **fields}
        return [answer["status"] for answer in await self.order("mo", **wanted)]

    async def seen(self, count: int = 1, **wanted: Any) -> list[Event]:
        """Wait until ``count`` events with these fields have happened; all of them."""
        async with asyncio.timeout(PATIENCE):
            while len(found := self._found(wanted)) < count:
                await self._look()
        return found

    async def so_far(self, **wanted: Any) -> list[Event]:
        """What has happened since the last reset, without waiting for more; something must have happened."""
        async with self.control.get("/events", params={"since": 0}) as answer:
            return [event for event in (await answer.json())["events"] if wanted.items() <= event.items()]

    def _found(self, wanted: Event) -> list[Event]:
        return [event for event in self.events if wanted.items() <= event.items()]

    async def _look(self) -> None:
        async with self.control.get("/events", params={"since": self._next}) as answer:
            found = await answer.json()
        self._next = found["next"]
        self.events += found["events"]

    async def segments(self, count: int) -> list[Event]:
        """The first ``count`` submits."""
        return (await self.seen(count, event="pdu", command="submit_sm"))[:count]


@contextmanager
def process() -> Iterator[str]:
    """Run one; the address of its control."""
    command = [node.program(), SCRIPT, "--user", USER, "--password", PASSWORD]
    with subprocess.Popen(
        command, env=node.environment(SCRIPT.parent), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            if not line:
                pytest.fail("the message centre did not start; see what Node wrote", pytrace=False)
            yield f"http://127.0.0.1:{json.loads(line)['control']}"
        finally:
            running.terminate()


@asynccontextmanager
async def at(control: str) -> AsyncGenerator[MessageCentre]:
    """That of ``process``, as new."""
    async with aiohttp.ClientSession(control) as session:
        centre = MessageCentre(session)
        await centre.reset()
        yield centre
