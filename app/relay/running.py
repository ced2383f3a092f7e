"""One run of a relay: alone on its folder, from the start to the orderly end."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable

from app.common.clock import SystemClock
from app.protocol import limits
from app.relay import config, gateways, presence, serving
from app.relay.store.sqlite import engine


def run(settings: config.Config) -> int:
    """Serve until told to end: 0 drained, 1 when the store failed. GiveUp ``running_already``, ``cannot_listen``."""
    return _loop_factory().run(_serve_alone(settings))


def _loop_factory() -> asyncio.Runner:
    """uvloop where it exists: it halves what the relay costs."""
    with contextlib.suppress(ImportError):
        import uvloop

        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()


async def _serve_alone(settings: config.Config) -> int:
    async with presence.only_one(settings.data, SystemClock()) as holding:
        return await _serve(settings, holding.tell)


async def _serve(settings: config.Config, listening: Callable[[str], None]) -> int:
    """Run until SIGTERM or SIGINT, then drain. ``listening`` is told where, once it does."""
    clock = SystemClock()
    relay: serving.Relay | None = None

    def failed(error: BaseException) -> None:
        if relay is not None:
            relay.fail()

    opened = gateways.build(gateways.read(settings.gateways), clock)
    store = engine.open_store(settings.data, failed)
    now = clock.now()
    state = await store.lifetime.begin(now, now - limits.RETENTION)
    relay = serving.Relay(settings, store, state, clock, opened)
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no such thing
            loop.add_signal_handler(sign, relay.stopped.set)
    await relay.start()
    _rarely_collect()
    listening(relay.url)
    print(f"listening on {relay.url}", flush=True)
    await relay.stopped.wait()
    await relay.drain()
    return 1 if relay.failed else 0


def _rarely_collect() -> None:
    """What is there at the start stays to the end; this is for a process that is a relay and nothing else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
