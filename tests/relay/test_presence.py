"""Whether a relay runs on a folder, and ending it from another process; its addresses follow the machine's."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.common import clock, errors
from app.protocol import invite, limits
from app.relay import announce, config, presence, serving
from app.relay.store.sqlite import engine
from tests.parts.relay import Relay


async def _status(relay: Relay, *arguments: str) -> dict[str, Any]:
    code, out, err = await relay.command("status", *arguments)
    assert code == 0, err
    return json.loads(out)


async def test_status_tells_what_runs_and_what_ran(relay: Relay) -> None:
    assert relay.process is not None
    found = await _status(relay)
    assert (found["running"], found["listening"], found["urls"]) == (True, relay.url, [relay.url])
    assert found["accounts"] == 0
    assert found["bytes"] > 80_000
    assert 0 < found["since"] <= clock.SystemClock().now()
    assert presence.look(relay.data) == presence.Presence(relay.process.pid, found["since"], relay.url)
    await relay.stop()
    after = await _status(relay)
    assert (after["running"], after["listening"], after["since"], after["urls"]) == (False, "", 0, [relay.url])


async def test_status_of_a_folder_without_a_relay(tmp_path: Path) -> None:
    found = await _status(Relay(tmp_path / "nothing"))
    assert found == {"running": False, "listening": "", "since": 0, "urls": [], "accounts": 0, "bytes": 0}


async def test_waiting_for_one_that_starts(tmp_path: Path) -> None:
    relay = Relay(tmp_path / "relay")
    looking = asyncio.ensure_future(_status(relay, "--wait", "20"))
    await relay.start()
    try:
        assert (await looking)["listening"] == relay.url
    finally:
        await relay.stop()


async def test_stop_drains_and_waits(relay: Relay) -> None:
    assert relay.process is not None
    code, _, err = await relay.command("stop")
    assert code == 0, err
    assert presence.look(relay.data) is None
    assert await relay.process.wait() == 0
    assert (await relay.command("stop"))[0] == 0  # nothing to stop is stopped


async def test_what_a_killed_relay_left_names_nobody(relay: Relay) -> None:
    await relay.kill()
    left = json.loads((relay.data / presence.LOCK).read_text())
    assert left["url"] == relay.url  # stale, and that is no problem
    assert presence.look(relay.data) is None
    left["process"] = os.getpid()  # by now that number is somebody else's
    (relay.data / presence.LOCK).write_text(json.dumps(left))
    assert (await relay.command("stop"))[0] == 0
    await relay.start()
    assert (await _status(relay))["running"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"process": "1", "since": 0, "url": ""}', "\xff", "x" * 5_000])
async def test_a_lock_that_says_nothing_is_still_a_lock(tmp_path: Path, text: str) -> None:
    async with presence.only_one(tmp_path, clock.SystemClock()):
        (tmp_path / presence.LOCK).write_text(text, "latin-1")
        assert presence.look(tmp_path) == presence.Presence(0, 0)
        assert not await presence.stop(tmp_path, 0, clock.SystemClock())
        with pytest.raises(errors.GiveUp, match="running_already"):
            async with presence.only_one(tmp_path, clock.SystemClock()):
                pass
    assert presence.look(tmp_path) is None


async def test_invites_and_hello_follow_the_machine_to_another_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ["192.0.2.10", "2001:db8::10"]
    monkeypatch.setattr(announce, "own_addresses", lambda: list(here))
    time = clock.ManualClock()
    config.prepare_folder(tmp_path)
    store = engine.open_store(tmp_path, lambda error: None)
    state = await store.lifetime.begin(time.now(), time.now() - limits.RETENTION)
    relay = serving.Relay(config.Config("0.0.0.0", 0, tmp_path, announce=False), store, state, time)
    await relay.start()
    try:
        port = int(relay.url.rpartition(":")[2])
        assert store.lifetime.urls()[0] == f"https://192.0.2.10:{port}"
        assert not any("2001" in url for url in store.lifetime.urls())  # it does not listen there
        here[:] = ["198.51.100.7"]
        while store.lifetime.urls()[0] != f"https://198.51.100.7:{port}":
            time.advance(serving.ADDRESSES)
            await asyncio.sleep(0)
            await store.lifetime.flush()
    finally:
        await relay.drain()
    code, out, err = await Relay(tmp_path).command("invite")
    assert code == 0, err
    assert invite.parse(out.strip()).urls[0] == f"https://198.51.100.7:{port}"
