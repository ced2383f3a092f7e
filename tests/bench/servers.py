"""Servers under load: each started from nothing in a folder of its own, on loopback, and stopped by its process id."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.adapters.base import Peer
from tests.bench.adapters.ejabberd import Ejabberd
from tests.bench.adapters.kingfisher import Kingfisher
from tests.bench.adapters.prototype import Prototype

ROOT = Path(__file__).parents[2]
STARTING = 30.0  # seconds
STOPPING = 10.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of server: how it is started, whether it prints where it listens or is told, and its adapter."""

    name: str
    command: Callable[[Path, int], Sequence[str]]
    peer: Callable[[int, float], Peer]
    here: Callable[[], bool] = lambda: True
    environment: Callable[[Path], dict[str, str]] = lambda folder: {}
    announces: bool = True


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is up; ``peer`` talks to it."""

    kind: Kind
    pid: int
    port: int
    peer: Peer


def kingfisher(limits: str = "") -> Kind:
    """The relay with its own defaults, or with these lines in its ``[limits]``."""

    def command(folder: Path, port: int) -> Sequence[str]:
        # Not announced: a bench has no business on the local network.
        (folder / "relay.toml").write_text(f"announce = false\n[limits]\n{limits}\n")
        serve = [sys.executable, "-m", "app.relay.server", "serve", "--listen", "127.0.0.1:0", "--open-registration"]
        return [*serve, "--data", str(folder / "relay"), "--config", str(folder / "relay.toml")]

    return Kind("kingfisher", command, Kingfisher)


def prototype() -> Kind:
    def command(folder: Path, port: int) -> Sequence[str]:
        return [sys.executable, "-m", "tests.bench.prototype", str(folder)]

    return Kind("prototype", command, Prototype)


_EJABBERD = """\
loglevel: warning
hosts: [localhost]
auth_method: internal
auth_password_format: plain
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
    starttls: false
    backlog: 1024
shaper: {{}}
shaper_rules: {{ max_user_sessions: 10, offl: infinity }}
registration_timeout: infinity
modules:
  mod_disco: {{}}
  mod_roster: {{}}
  mod_ping: {{}}
  mod_carboncopy: {{}}
  mod_register: {{ ip_access: all, access: all, password_strength: 0 }}
  mod_offline: {{ access_max_user_messages: offl }}
  mod_stream_mgmt: {{ resend_on_timeout: if_offline }}
"""


def ejabberd() -> Kind:
    """As it is installed, with loopback without TLS and limits off; it writes nothing for recipients who are online."""

    def command(folder: Path, port: int) -> Sequence[str]:
        (folder / "ejabberd.yml").write_text(_EJABBERD.format(port=port))
        # Waiting in a loop for work would be charged to it as CPU.
        calm = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]
        return ["erl", "+K", "true", *calm, "-noinput", "-mnesia", "dir", f'"{folder}/db"', "-s", "ejabberd"]

    def environment(folder: Path) -> dict[str, str]:
        places = {"EJABBERD_CONFIG_PATH": "ejabberd.yml", "EJABBERD_LOG_PATH": "ejabberd.log"}
        places |= {"CONTRIB_MODULES_PATH": "contrib", "CONTRIB_MODULES_CONF_DIR": "contrib", "HOME": "."}
        usual = os.pathsep.join(str(path) for path in Path("/usr/lib").glob("*-linux-gnu"))
        libraries = os.environ.get("ERL_LIBS", usual)
        return {name: str(folder / place) for name, place in places.items()} | {"ERL_LIBS": libraries}

    def here() -> bool:
        return shutil.which("ejabberdctl") is not None and shutil.which("erl") is not None

    return Kind("ejabberd", command, Ejabberd, here, environment, announces=False)


@contextlib.asynccontextmanager
async def running(kind: Kind, ack_delay: float = 0.0) -> AsyncIterator[Running]:
    """Start it with fresh data, and stop it. ``ack_delay``: seconds until its recipients acknowledge."""
    with tempfile.TemporaryDirectory(prefix=f"kingfisher-bench-{kind.name}-") as name:
        folder = Path(name)
        port = 0 if kind.announces else _free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                kind.command(folder, port),
                cwd=ROOT,
                env=os.environ | kind.environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            port = await _listening(process, folder / "log", port)
            yield Running(kind, process.pid, port, kind.peer(port, ack_delay))
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _listening(process: "subprocess.Popen[bytes]", log: Path, port: int) -> int:
    """The port, once it is open; from the server's first words, or by trying the one it was told."""
    for _ in range(int(STARTING / 0.1)):
        said = log.read_text(errors="replace")
        if process.poll() is not None:
            break
        if port:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return port
        elif found := re.search(r"listening on http://127\.0\.0\.1:(\d+)\n", said):
            return int(found[1])
        await asyncio.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2_000:]}")
