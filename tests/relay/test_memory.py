"""What strangers make a relay hold is bounded: the peak of a real process, as the kernel says it, by no clock."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from app.protocol import frames, limits
from tests.parts import relay as relays
from tests.parts.relay import Relay
from tests.parts.waiting import until_so
from tests.parts.wire_client import Wire, submit_to

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word on the peak of another process")

# Not by the nursery: its children share what it holds.
PROGRAM = (sys.executable, "-X", "utf8", "-m", "app.relay.server")
CONNECTIONS = 20
SLOW = 200  # bodies that stop before their end, each on a connection of its own
PATIENCE = 60


@contextlib.asynccontextmanager
async def alone(folder: Path, settings: str = "") -> AsyncGenerator[tuple[Relay, Wire]]:
    """A relay in a process of its own that has served somebody, so that what it loads once is there."""
    config = folder / "relay.toml"
    config.write_text(settings)
    arguments = ("--config", str(config))
    async with relays.process(folder / "relay", program=PROGRAM, arguments=arguments) as relay, Wire(relay.url) as wire:
        alice = await wire.join("alice@example.com")
        async with wire.online(alice.gadgets[0]) as a:
            await a.settle()
        yield relay, wire


def _kept(relay: Relay, name: str) -> int:
    assert relay.process is not None
    lines = Path(f"/proc/{relay.process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * limits.KIB


async def grown(relay: Relay, work: Callable[[], Awaitable[None]]) -> int:
    """By how many bytes the peak during the work is above what the relay held before."""
    assert relay.process is not None
    Path(f"/proc/{relay.process.pid}/clear_refs").write_text("5", encoding="ascii")  # the peak starts from here
    before = _kept(relay, "VmRSS:")
    await work()
    return _kept(relay, "VmHWM:") - before


async def works(wire: Wire) -> None:
    """Somebody new writes, and it arrives."""
    bob, carol = await wire.join("bob@example.com"), await wire.join("carol@example.com")
    async with wire.online(carol.gadgets[0]) as c:
        await c.send(submit := submit_to(bob))
        await c.accepted(submit.submit)
    async with wire.online(bob.gadgets[0]) as b:
        assert [entry.submit for entry in await b.deliver()] == [submit.submit]


async def test_connections_without_a_login_are_as_many_as_may_be_and_leave_nothing(tmp_path: Path) -> None:
    """The first message of each is as large as a message may be; one connection more is refused."""
    async with alone(tmp_path, f"[limits]\nconnections = {CONNECTIONS}\n") as (relay, wire):

        async def nobody_connected() -> bool:
            async with wire.session.get(wire.url + limits.METRICS_PATH) as answer:
                return "kingfisher_connections 0.0" in await answer.text()

        async def flood() -> None:
            for client in held:
                with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                    await wire.hello()
                await client.socket.send_bytes(bytes(limits.FRAME - 1))
                assert [f.code for f in await client.closed() if isinstance(f, frames.Refused)] == ["malformed"]
                again.append((await wire.hello())[0])

        await until_so(nobody_connected)
        held = [(await wire.hello())[0] for _ in range(CONNECTIONS)]
        again = held[:0]
        assert await grown(relay, flood) < CONNECTIONS * limits.FRAME / 3
        for client in again:
            await client.close()
        await until_so(nobody_connected)
        await works(wire)


async def test_slow_and_endless_bodies_are_held_only_as_far_as_they_may_be(tmp_path: Path) -> None:
    """Each brings a megabyte in pieces and never ends it; nobody has a token."""
    async with alone(tmp_path) as (relay, wire), asyncio.timeout(PATIENCE):
        host, port = wire.url.removeprefix("http://").split(":")

        async def bring(path: str) -> asyncio.StreamWriter:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"{path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            for _ in range(limits.REQUEST // (16 * limits.KIB) - 1):
                writer.write(b"4000\r\n" + bytes(16 * limits.KIB) + b"\r\n")
                with contextlib.suppress(ConnectionError):  # what it did not want to read
                    await writer.drain()
            assert (await reader.readline()).split()[1] == b"413"
            return writer

        async def flood() -> None:
            paths = (f"POST {limits.ACCOUNTS_PATH}", f"PUT {limits.LISTS_PATH}")
            writers = await asyncio.gather(*(bring(path) for path in paths for _ in range(SLOW // 2)))
            for writer in writers:
                writer.transport.abort()

        assert await grown(relay, flood) < SLOW * limits.REQUEST / 2
        await works(wire)


async def test_a_body_that_is_announced_as_too_large_is_refused_before_it_comes(tmp_path: Path) -> None:
    async with alone(tmp_path) as (_, wire), asyncio.timeout(PATIENCE):
        host, port = wire.url.removeprefix("http://").split(":")
        for size in (limits.OPEN_REQUEST + 1, 2**40):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"POST {limits.ACCOUNTS_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
            assert (await reader.readline()).split()[1] == b"413"
            writer.transport.abort()
        await works(wire)
