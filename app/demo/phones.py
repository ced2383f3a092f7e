"""Phones without a phone: Debian's Kannel with its fake message centre, in processes of their own on free ports."""

import asyncio
import contextlib
import shutil
import socket
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

BEARERBOX: Final = "/usr/sbin/bearerbox"
SMSBOX: Final = "/usr/sbin/smsbox"
FAKESMSC: Final = "/usr/lib/kannel/test/fakesmsc"
USER: Final = "relay"
PASSWORD: Final = "kannel secret"
ADMIN: Final = "adm"
PATIENCE: Final = 20.0  # seconds
LOOK: Final = 0.02  # seconds between two looks at a process that says nothing

_CONFIG: Final = """
group = core
admin-port = {admin}
admin-password = {admin_password}
admin-allow-ip = 127.0.0.1
admin-interface = 127.0.0.1
smsbox-interface = 127.0.0.1
smsbox-port = {smsbox}
box-deny-ip = "*.*.*.*"
box-allow-ip = 127.0.0.1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
global-sender = 12025550100
http-request-retry = 3
http-queue-delay = 1

group = sendsms-user
username = {user}
password = {password}
concatenation = true
max-messages = 10
user-allow-ip = 127.0.0.1

group = sms-service
keyword = default
catch-all = true
max-messages = 0
concatenation = true
get-url = "{incoming}?from=%p&to=%P&text=%b&coding=%c&udh=%u&id=%I"
"""


@dataclass
class Kannel:
    """Where its sendsms listens, and what the network behind it got and says."""

    folder: Path
    ports: dict[str, int]
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict[str, asyncio.subprocess.Process])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendsms"

    async def start(self, incoming: str) -> None:
        settings = _CONFIG.format(**self.ports, user=USER, password=PASSWORD, admin_password=ADMIN, incoming=incoming)
        await self._boxes(settings)
        await self.network_up()

    async def _boxes(self, settings: str) -> None:
        (self.folder / "kannel.conf").write_text(settings)
        await self._spawn("bearerbox", BEARERBOX, "-v", "4", "kannel.conf")
        await _listening(self.ports["smsbox"])
        await self._spawn("smsbox", SMSBOX, "-v", "4", "kannel.conf")
        await _listening(self.ports["sendsms"])

    async def network_up(self) -> None:
        """The network is there and says nothing."""
        await self._network("-i", "1", "-m", "0", "1 2 text idle")

    async def network_down(self) -> None:
        """The network is gone; Kannel queues."""
        process = self.running.pop("fakesmsc")
        process.terminate()
        await process.wait()
        await self._status("re-connecting")

    async def phone_says(self, sender: str, to: str, kind: str, words: bytes) -> None:
        """One text from a phone: ``kind`` is text or ucs2; the network stays afterwards."""
        await self.network_down()
        written = words.decode() if kind == "text" else urllib.parse.quote_from_bytes(words)
        await self._network("-i", "0.05", "-m", "1", f"{sender} {to} {kind} {written}")

    async def _network(self, *arguments: str) -> None:
        # The port itself is never tried: whoever connects there is the network, and is given what waits.
        await self._spawn("fakesmsc", FAKESMSC, "-H", "127.0.0.1", "-r", str(self.ports["smsc"]), *arguments)
        await self._status("online")

    async def _status(self, wanted: str) -> None:
        """Wait until Kannel says this of the network."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if f"({wanted}" in (await self._said()).partition("SMSC connections:")[2]:
                    return
                await asyncio.sleep(LOOK)

    async def _said(self) -> str:
        """What its status page says."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports["admin"])
        writer.write(b"GET /status.txt?password=" + ADMIN.encode() + b" HTTP/1.0\r\n\r\n")
        try:
            return (await reader.read()).decode(errors="replace")
        finally:
            writer.close()

    async def _spawn(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = await asyncio.create_subprocess_exec(*command, cwd=self.folder, stdout=log, stderr=log)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def got(self) -> list[list[str]]:
        """What the network was given, each as the words of the fake message centre's line."""
        lines = [line for line in self.log("fakesmsc").splitlines() if "Got message" in line]
        return [line.partition("<")[2].rpartition(">")[0].split(" ") for line in lines]

    async def stop(self) -> None:
        for name in ("fakesmsc", "smsbox", "bearerbox"):
            process = self.running.pop(name, None)
            if process is not None and process.returncode is None:
                process.terminate()
                try:
                    async with asyncio.timeout(5):
                        await process.wait()
                except TimeoutError:
                    process.kill()
                    await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(LOOK)
                continue
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return


def free_ports(*names: str) -> dict[str, int]:
    """One for each of these names."""
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: opened.getsockname()[1] for name, opened in sockets.items()}
    for opened in sockets.values():
        opened.close()
    return ports


def installed() -> bool:
    """Whether Debian's packages kannel and kannel-extras are here; packaging/setup.sh installs them where it can."""
    return all(shutil.which(program) for program in (BEARERBOX, SMSBOX, FAKESMSC))
