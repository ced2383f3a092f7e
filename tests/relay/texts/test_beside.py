"""`kingfisher-relay texts` beside a relay that runs: what the owner is told of its gateways and its queue."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from app.relay.store.sqlite import engine
from app.relay.store.texts import Text
from tests.parts import nursery
from tests.parts import provider as providers
from tests.parts.relay import PROGRAM, Relay
from tests.parts.texting import CAROL, OURS


async def told(data: Path) -> dict[str, Any]:
    process = await nursery.start(*PROGRAM, "texts", "--data", str(data), stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(out)


async def until_link(data: Path, state: str) -> dict[str, Any]:
    """What is told once the gateway stands so."""
    async with asyncio.timeout(30):
        while True:  # a program of its own each time, which takes long enough
            found = await told(data)
            if [link["state"] for link in found["links"]] == [state]:
                return found


async def test_the_owner_asks_while_it_runs(tmp_path: Path) -> None:
    data = tmp_path / "relay"
    async with providers.provider() as real:
        configured = tmp_path / "relay.toml"
        configured.write_text(providers.table(tmp_path, real, OURS, "http://127.0.0.1:1", "s" * 24))
        relay = await Relay(data, arguments=("--config", str(configured))).start()
        try:
            bound = await until_link(data, "bound")
            assert bound["running"] is True and bound["waiting"] == 0
            assert [link["gateway"] for link in bound["links"]] == ["west"]
            assert abs(bound["links"][0]["since"] - time.time() * 1000) < 60_000
        finally:
            await relay.stop()
        assert (await told(data))["running"] is False
    # The provider has gone: it is told, and what waits for it is counted.
    await put(data)
    relay = await Relay(data, arguments=("--config", str(configured))).start()
    try:
        down = await until_link(data, "down")
        assert down["running"] is True and down["waiting"] == 1
        assert "secret words" not in json.dumps(down) and CAROL not in json.dumps(down)
    finally:
        await relay.stop()


async def put(data: Path) -> None:
    """A text that waits, as one that was accepted before the provider went."""
    store = engine.open_store(data, lambda _: None)
    now = round(time.time() * 1000)
    until = now + 3_600_000
    await store.texts.out.add(
        Text(b"a" * 32, 1, b"s" * 16, OURS, CAROL, "west", "gsm", 1, 1, now, until, "secret words")
    )
    await store.lifetime.close(None)
