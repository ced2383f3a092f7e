"""A desktop of its own and a hand that reaches its programs from outside: through accessibility, by role and name.

Nothing of the program under test is imported; what is found, pressed and typed is what a screen reader finds.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import Message, MessageType

T = TypeVar("T")

_ATSPI = "org.a11y.atspi."
_STATES = [
    "invalid",
    "active",
    "armed",
    "busy",
    "checked",
    "collapsed",
    "defunct",
    "editable",
    "enabled",
    "expandable",
    "expanded",
    "focusable",
    "focused",
    "has_tooltip",
    "horizontal",
    "iconified",
    "modal",
    "multi_line",
    "multiselectable",
    "opaque",
    "pressed",
    "resizable",
    "selectable",
    "selected",
    "sensitive",
    "showing",
    "single_line",
    "stale",
    "transient",
    "vertical",
    "visible",
]
_ROLES = {"push button": "button", "entry": "text", "text box": "text", "toggle button": "button"}
PATIENCE = 30.0

able = all(shutil.which(name) for name in ("Xvfb", "dbus-daemon", "gnome-keyring-daemon")) and (
    Path("/usr/libexec/at-spi-bus-launcher").exists()
)


class Gone(LookupError):
    """What was meant is not there any more."""


class Bus:
    """One connection to the accessibility bus of a session."""

    def __init__(self, session: str) -> None:
        with contextlib.closing(open_dbus_connection(bus=session)) as first:
            asked = new_method_call(DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress")
            address: str = first.send_and_get_reply(asked).body[0]
        self._connection: DBusConnection = open_dbus_connection(bus=address)
        rule = MatchRule(type="signal")
        self._connection.send_and_get_reply(message_bus.AddMatch(rule.serialise()))
        registry = DBusAddress("/org/a11y/atspi/registry", _ATSPI + "Registry", _ATSPI + "Registry")
        for event in ("object:", "window:"):
            self._connection.send_and_get_reply(new_method_call(registry, "RegisterEvent", "s", (event,)))

    def call(
        self, to: str, path: str, interface: str, method: str, kind: str = "", values: tuple[Any, ...] = ()
    ) -> Any:
        """Ask; raises Gone when that object does not answer so."""
        address = DBusAddress(path, to, interface)
        asked = new_method_call(address, method, kind, values) if kind else new_method_call(address, method)
        answer: Message = self._connection.send_and_get_reply(asked, timeout=PATIENCE)
        if answer.header.message_type is MessageType.error:
            raise Gone(f"{interface}.{method}: {answer.body}")
        return answer.body

    def until(self, probe: Callable[[], T], what: str, within: float = PATIENCE) -> T:
        """Ask again whenever something has moved on the screen, until there is an answer that is not empty."""
        end = time.monotonic() + within
        while True:
            with contextlib.suppress(Gone):
                found = probe()
                if found:
                    return found
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not within {within:.0f} s: {what}")
            with contextlib.suppress(TimeoutError):
                self._connection.receive(timeout=min(left, 0.1))

    def desktop(self) -> "Node":
        """All programs."""
        return Node(self, _ATSPI + "Registry", "/org/a11y/atspi/accessible/root")

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Node:
    """One accessible object; everything is asked for afresh."""

    bus: Bus
    to: str
    path: str

    def _call(self, interface: str, method: str, kind: str = "", *values: Any) -> Any:
        return self.bus.call(self.to, self.path, interface, method, kind, values)

    def _get(self, interface: str, name: str) -> Any:
        return self._call("org.freedesktop.DBus.Properties", "Get", "ss", _ATSPI + interface, name)[0][1]

    @property
    def name(self) -> str:
        return str(self._get("Accessible", "Name")).replace("&", "")

    @property
    def description(self) -> str:
        return str(self._get("Accessible", "Description"))

    @property
    def role(self) -> str:
        found = str(self._call(_ATSPI + "Accessible", "GetRoleName")[0])
        return _ROLES.get(found, found)

    @property
    def states(self) -> set[str]:
        words = self._call(_ATSPI + "Accessible", "GetState")[0]
        bits = words[0] | (words[1] << 32 if len(words) > 1 else 0)
        return {name for number, name in enumerate(_STATES) if bits >> number & 1}

    @property
    def children(self) -> list["Node"]:
        return [Node(self.bus, to, path) for to, path in self._call(_ATSPI + "Accessible", "GetChildren")[0]]

    @property
    def text(self) -> str:
        """What stands in it, else its name."""
        try:
            return str(self._call(_ATSPI + "Text", "GetText", "ii", 0, -1)[0])
        except Gone:
            return self.name

    def walk(self, depth: int = 20) -> Iterator["Node"]:
        """Everything below, nearest first."""
        waiting = [(self, 0)]
        while waiting:
            node, level = waiting.pop(0)
            yield node
            if level < depth:
                with contextlib.suppress(Gone):
                    waiting += [(child, level + 1) for child in node.children]

    def all(self, role: str, name: str = "", *, contains: str = "", showing: bool = True) -> list["Node"]:
        """Those of this role and name that are on the screen."""
        found: list[Node] = []
        for node in self.walk():
            with contextlib.suppress(Gone):
                fits = node.role == role and (not name or node.name == name)
                if fits and (not contains or contains in node.name) and (not showing or "showing" in node.states):
                    found.append(node)
        return found

    def find(self, role: str, name: str = "", *, contains: str = "", within: float = PATIENCE) -> "Node":
        """The first of them, waited for."""
        what = f"{role} {name or contains!r} in\n{self.tree()}"
        try:
            return self.bus.until(lambda: self.all(role, name, contains=contains), what, within)[0]
        except AssertionError:
            raise AssertionError(f"not within {within:.0f} s: {role} {name or contains!r} in\n{self.tree()}") from None

    def tree(self, depth: int = 14, level: int = 0) -> str:
        """What there is, to be read when something is not found."""
        try:
            lines = ["  " * level + f"{self.role} {self.name[:80]!r}"]
            lines += [child.tree(depth, level + 1) for child in self.children[:60] if level < depth]
        except Gone:
            return ""
        return "\n".join(line for line in lines if line)

    def press(self) -> None:
        """Its first action."""
        self._call(_ATSPI + "Action", "DoAction", "i", 0)

    def perform(self, name: str) -> None:
        """Its action of that name."""
        for number in range(self._get("Action", "NActions")):
            if self._call(_ATSPI + "Action", "GetName", "i", number)[0] == name:
                self._call(_ATSPI + "Action", "DoAction", "i", number)
                return
        raise Gone(f"no action {name!r}")

    def names(self) -> list[str]:
        """What everything below is called."""
        found: list[str] = []
        for node in self.walk():
            with contextlib.suppress(Gone):
                found.append(node.name)
        return found

    def push(self, name: str, role: str = "button", *, contains: str = "") -> None:
        """Press what is so called as soon as it can be; a page that is just being rebuilt is no reason to give up."""

        def pressed() -> bool:
            for node in self.all(role, name, contains=contains):
                if "sensitive" in node.states or "enabled" in node.states:
                    node.press()
                    return True
            return False

        try:
            self.bus.until(pressed, name or contains)
        except AssertionError:
            raise AssertionError(f"not to be pressed: {role} {name or contains!r} in\n{self.tree()}") from None

    def fill(self, name: str, text: str) -> None:
        """Write into the field of that name as soon as it is there."""

        def written() -> bool:
            for node in self.all("text", name):
                if node.text == text:
                    return True
                node.write(text)  # looked at once more: a page may empty its fields as it opens
            return False

        try:
            self.bus.until(written, name)
        except AssertionError:
            raise AssertionError(f"not to be filled: {name!r} in\n{self.tree()}") from None

    def write(self, text: str) -> None:
        """Other words in a field."""
        self._call(_ATSPI + "EditableText", "SetTextContents", "s", text)

    def focus(self) -> None:
        self._call(_ATSPI + "Component", "GrabFocus")


@dataclass
class Program:
    """A started program and its accessible object."""

    process: subprocess.Popen[bytes]
    root: Node
    log: Path

    def end(self) -> int:
        """Ask it to end; its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@dataclass
class Desktop:
    """An X server, a session bus with a keyring and accessibility, and a home, all its own."""

    folder: Path
    size: str = "1280x900x24"
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> "Desktop":
        run = self.folder / "run"
        run.mkdir(mode=0o700, parents=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DBUS_", "XDG_", "AT_SPI", "QT_", "DISPLAY"))}
        self.environment = kept | {
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(run),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "LANG": "C.UTF-8",
        }
        number, told = os.pipe()
        server = ["Xvfb", "-displayfd", str(told), "-screen", "0", self.size, "-nolisten", "tcp"]
        self._start(server, pass_fds=(told,))
        os.close(told)
        with os.fdopen(number) as said:
            self.environment["DISPLAY"] = f":{said.readline().strip()}"
        bus = self._start(["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE)
        assert bus.stdout is not None
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        keyring = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        unlocked = self._start(keyring, stdin=subprocess.PIPE)
        assert unlocked.stdin is not None
        unlocked.stdin.write(b"test")
        unlocked.stdin.close()
        self.bus = Bus(self.environment["DBUS_SESSION_BUS_ADDRESS"])  # before any program looks for it
        return self

    def _start(self, argv: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
        options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | more
        process: subprocess.Popen[bytes] = subprocess.Popen(
            argv, env=self.environment, start_new_session=True, **options
        )
        self.processes.append(process)
        return process

    def launch(self, argv: Sequence[str], name: str = "kingfisher") -> Program:
        """Start a program and wait until its first window can be reached."""
        before: set[tuple[str, str]] = set()
        with contextlib.suppress(Gone):  # the registry starts with the first who asks
            before = {(node.to, node.path) for node in self.bus.desktop().children}
        log = self.folder / f"program-{len(self.processes)}.log"
        with log.open("wb") as out:
            process = self._start(argv, stdout=out, stderr=subprocess.STDOUT)

        def there() -> Node | None:
            assert process.poll() is None, f"{argv} ended:\n{log.read_text()[-3000:]}"
            for node in self.bus.desktop().children:
                with contextlib.suppress(Gone):
                    if (node.to, node.path) not in before and node.name == name and node.children:
                        return node
            return None

        root = self.bus.until(there, f"a window of {argv}")
        assert root is not None
        return Program(process, root, log)

    def picture(self, path: Path) -> None:
        """What the screen shows, where ImageMagick is there."""
        if shutil.which("import"):
            subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True)

    def __exit__(self, *_: object) -> None:
        self.bus.close()
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
