"""`kingfisher-relay`: the command line, the start and the orderly end of a relay."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.common import dumps, errors
from app.common.clock import SystemClock
from app.protocol import limits
from app.relay import admin, config, presence, serving, telemetry
from app.relay.store.sqlite import engine


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 0 done, 1 refused or failed, 2 usage."""
    dumps.leave_none()
    parsed = _parser().parse_args(arguments)
    telemetry.set_up_logging()
    try:
        return parsed.run(parsed)
    except errors.KingfisherError as error:
        print(f"kingfisher-relay: {admin.sentence(error)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kingfisher-relay", description="A relay for Kingfisher.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the relay")
    serve.add_argument("--listen", metavar="HOST:PORT", help="where to listen; port 0 picks one")
    serve.add_argument("--data", type=Path, metavar="DIR", help="where the relay keeps everything")
    serve.add_argument("--open-registration", action="store_true", default=None, help="anybody may register")
    serve.add_argument("--config", type=Path, metavar="FILE", help="settings as TOML")
    serve.set_defaults(run=_serve)
    admin.add_commands(commands)
    return parser


def _serve(parsed: argparse.Namespace) -> int:
    settings = config.read(
        parsed.config, os.environ, listen=parsed.listen, data=parsed.data, open_door=parsed.open_registration
    )
    os.umask(0o077)
    config.prepare_folder(settings.data)
    return _loop_factory().run(_serve_alone(settings))


async def _serve_alone(settings: config.Config) -> int:
    async with presence.only_one(settings.data, SystemClock()) as holding:
        return await serve(settings, holding.tell)


def _loop_factory() -> asyncio.Runner:
    """uvloop where it exists: it halves what the relay costs."""
    with contextlib.suppress(ImportError):
        import uvloop

        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()


async def serve(settings: config.Config, listening: Callable[[str], None]) -> int:
    """Run until SIGTERM or SIGINT, then drain; 1 when the store failed. ``listening`` is told where, once it does."""
    clock = SystemClock()
    relay: serving.Relay | None = None

    def failed(error: BaseException) -> None:
        if relay is not None:
            relay.fail()

    store = engine.open_store(settings.data, failed)
    now = clock.now()
    state = await store.lifetime.begin(now, now - limits.RETENTION)
    relay = serving.Relay(settings, store, state, clock)
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no such thing
            loop.add_signal_handler(sign, relay.stopped.set)
    await relay.start()
    listening(relay.url)
    print(f"listening on {relay.url}", flush=True)
    await relay.stopped.wait()
    await relay.drain()
    return 1 if relay.failed else 0


if __name__ == "__main__":
    sys.exit(main())
