"""How the process that has a profile is reached: a Unix socket, or a port on loopback with a token that lies beside."""

import os
import sys
from pathlib import Path
from typing import Final

from app.common import errors

LOOPBACK: Final = "127.0.0.1"


def by_port() -> bool:
    """Whether this system has no Unix sockets for asyncio; KINGFISHER_CONTROL=port asks for the same elsewhere."""
    return sys.platform == "win32" or os.environ.get("KINGFISHER_CONTROL") == "port"


def port_and_token(path: Path) -> tuple[int, str]:
    """What lies in the socket's place; raises errors.AgainLater (``no_answer``)."""
    try:
        port, token = path.read_text("ascii").split()
        return int(port), token
    except (OSError, ValueError) as error:
        raise errors.AgainLater("no_answer") from error
