"""`kingfisher-relay`: the command line of the relay."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.common import dumps, errors
from app.relay import admin, config, telemetry


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
    # Here and not above: it takes as long to load as the short commands take, which the window waits for.
    from app.relay import running

    return running.run(settings)


if __name__ == "__main__":
    sys.exit(main())
