"""A real Secret Service of its own: dbus-daemon and gnome-keyring-daemon under a HOME that belongs to one test."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

PROGRAMS = ("dbus-daemon", "dbus-monitor", "dbus-send", "gnome-keyring-daemon")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]

# No service directories: nothing is started by asking for it, so what a test did not start is not there.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class SecretService:
    """A session bus in ``folder`` and, once started, a keyring daemon on it; ``environment`` is for whoever uses them.

    The folder is also HOME: a second daemon there finds what the first one kept. Paths of sockets are short, so give
    it a short folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemon: subprocess.Popen[bytes] | None = None
        self._said = folder / "keyring.log"
        for name in ("run", "data", "config", "cache"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'run' / 'bus'}",
            "G_MESSAGES_DEBUG": "",
        }
        self._bus = self._start_bus()

    def _start_bus(self) -> subprocess.Popen[bytes]:
        config = self.folder / "bus.conf"
        config.write_text(_BUS.format(socket=self.folder / "run" / "bus"))
        command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"]
        bus = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert bus.stdout is not None
        assert bus.stdout.readline(), "the bus did not start"  # it prints its address once it listens
        return bus

    def start(self, password: str | None = "test") -> None:
        """Start the keyring; None starts it without unlocking: what it kept stays locked, and nobody can be asked."""
        unlocking = [] if password is None else ["--unlock"]
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *unlocking]
        with self._said.open("ab") as said:
            daemon = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            )
        assert daemon.stdin is not None
        daemon.stdin.write((password or "").encode())
        daemon.stdin.close()
        self._daemon = daemon
        self._wait_for("org.freedesktop.secrets")
        # Its loop answers this, once it has done all it does at its start: the name is there before what stands behind.
        self._call("org.gnome.keyring", "/org/gnome/keyring/daemon", "org.gnome.keyring.Daemon.GetControlDirectory")

    def _wait_for(self, name: str) -> None:
        """Until the bus knows the name: it is told of every change, so nothing is asked twice."""
        with self._monitor("type='signal',member='NameOwnerChanged'") as lines:
            while not self._owned(name):
                assert lines.readline(), f"{name} did not appear"

    def _owned(self, name: str) -> bool:
        bus = "org.freedesktop.DBus"
        answer = self._call(bus, "/org/freedesktop/DBus", f"{bus}.NameHasOwner", f"string:{name}")
        return re.search(r"boolean true", answer) is not None

    def _call(self, name: str, path: str, *words: str) -> str:
        call = ["dbus-send", "--session", "--print-reply", f"--dest={name}", path, *words]
        return subprocess.run(call, env=self.environment, capture_output=True, text=True, check=True).stdout

    @contextlib.contextmanager
    def asked(self) -> Iterator[Callable[[], None]]:
        """What is yielded waits until somebody has asked the keyring for something."""
        with self._monitor("type='method_call',destination='org.freedesktop.secrets'") as lines:

            def wait() -> None:
                while "org.freedesktop.secrets" not in (line := lines.readline()):
                    assert line, "the bus ended"

            yield wait

    @contextlib.contextmanager
    def _monitor(self, rule: str) -> Iterator[IO[str]]:
        """The lines of a monitor that listens already."""
        monitor = subprocess.Popen(
            ["dbus-monitor", "--session", rule],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert monitor.stdout is not None
        try:
            monitor.stdout.readline()  # its own name, once it listens
            yield monitor.stdout
        finally:
            monitor.kill()
            monitor.wait()
            monitor.stdout.close()

    def pause(self) -> None:
        """The keyring is there and does not answer."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGCONT)

    def crash(self) -> None:
        """The keyring ends without a word."""
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait()
        self._daemon = None

    def stop(self) -> None:
        """End the keyring; its files stay. One that has ended by itself is no keyring to test with, and said."""
        if self._daemon is not None:
            daemon, self._daemon = self._daemon, None
            ended = daemon.poll()
            daemon.send_signal(signal.SIGCONT)
            daemon.terminate()
            daemon.wait()
            assert ended is None, f"the keyring ended by itself ({ended}): {self._said.read_text()[-2000:]}"

    def close(self) -> None:
        """End everything."""
        try:
            self.stop()
        finally:
            self._bus.terminate()
            self._bus.wait()
            if self._bus.stdout is not None:
                self._bus.stdout.close()


@contextlib.contextmanager
def session(folder: Path) -> Iterator[SecretService]:
    """A bus without a keyring, for the length of the block."""
    service = SecretService(folder)
    try:
        yield service
    finally:
        service.close()
