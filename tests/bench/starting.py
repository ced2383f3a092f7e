"""How the window starts and rests, side by side with the least that Python and Qt can do; under Xvfb where it is."""

import asyncio
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import meter
from tests.bench.report import Row

ROOT = Path(__file__).resolve().parents[2]
REST = 3.0  # seconds after it is ready until it should rest
IDLE = 20.0
PATIENCE = 60.0
GOALS = {"window": 1.6, "ready": 3.5, "idle": 0.02}

# What a newcomer to PySide6 writes first: a window with a list of 200 rows.
FLOOR = """
import time
from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import QApplication, QListView, QMainWindow

class Rows(QListView):
    painted = False
    def paintEvent(self, event):
        super().paintEvent(event)
        self.painted = True

application = QApplication([])
window, rows = QMainWindow(), Rows()
rows.setModel(QStringListModel([f"Row {n}" for n in range(200)]))
window.setCentralWidget(rows)
window.resize(1000, 700)
window.show()
while not rows.painted:
    application.processEvents()
print("window", time.monotonic(), flush=True)
print("ready", time.monotonic(), flush=True)
print("whole", time.monotonic(), flush=True)
application.exec()
"""

# The program itself, told its key (a bench has no keychain), saying when it has painted, when one can write and send
# (what is sent is stored and leaves with the connection), and when the way to the relay is read too.
WINDOW = """
import sys, time
from pathlib import Path
from app import __main__
from app.desktop import opening

reading = opening.import_later

def import_later(application, painted=lambda: True):
    while not painted():
        application.processEvents()
    print("window", time.monotonic(), flush=True)
    reading(application, painted)
    from app.desktop import program
    from app.net import later

    read = later.read

    async def read_and_tell(name):
        await read(name)
        if name == "app.net.websocket":
            print("whole", time.monotonic(), flush=True)

    later.read = read_and_tell
    begin, run = program.Kingfisher.__init__, program.Kingfisher.run

    def __init__(self, *arguments):
        begin(self, *arguments, key=bytes.fromhex(sys.argv[2]))

    async def told(self):
        await self.ready.wait()
        print("ready", time.monotonic(), flush=True)

    async def run_and_tell(self):
        self._owner.spawn(told(self), name="told")
        return await run(self)

    program.Kingfisher.__init__, program.Kingfisher.run = __init__, run_and_tell

opening.import_later = import_later
sys.exit(__main__.main(["--profile", sys.argv[1]]))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds from its launch, CPU seconds of the next 20, and MiB that are its own share of memory."""

    window: float
    ready: float
    whole: float
    cpu: float
    idle: float
    pss: float


def start(runs: int, say: Callable[[str], None]) -> list[Row]:
    """The rows of the table; the two take turns, so that what else the machine does hits both."""
    with tempfile.TemporaryDirectory() as folder, display() as environment:
        home, key, relay = asyncio.run(_prepare(Path(folder)))
        try:
            floors: list[Start] = []
            windows: list[Start] = []
            _one((sys.executable, "-c", FLOOR), environment, rest=False)  # the files are in memory from here on
            _one((sys.executable, "-c", WINDOW, str(home), key), environment, rest=False)
            for run in range(max(runs, 3)):
                last = run == max(runs, 3) - 1
                floors.append(_one((sys.executable, "-c", FLOOR), environment, rest=last))
                windows.append(_one((sys.executable, "-c", WINDOW, str(home), key), environment, rest=last))
                say(
                    f"start {run + 1}: floor {_ms(floors[-1].window)}, window {_ms(windows[-1].window)}, "
                    f"ready {_ms(windows[-1].ready)}, whole {_ms(windows[-1].whole)}"
                )
        finally:
            relay.terminate()
            relay.wait()
    note = "" if "DISPLAY" in environment else " (off screen)"
    return rows(floors, windows, note)


def rows(floors: list[Start], windows: list[Start], note: str = "") -> list[Row]:
    floor = statistics.median(each.window for each in floors)
    found: list[Row] = []
    moments = {"window": f"first paint{note}", "ready": "ready to send", "whole": "the way to the relay read too"}
    for name, words in moments.items():
        own = statistics.median(getattr(each, name) for each in windows)
        found.append(Row(f"start: {words}", _ms(own), f"{_ms(floor)} bare Qt window", own / floor, GOALS.get(name)))
    rested, bare = windows[-1], floors[-1]
    cpu, least = (statistics.median(each.cpu for each in some) for some in (windows, floors))
    found.append(Row("start: CPU until ready", f"{cpu:.2f} s", f"{least:.2f} s", cpu / max(least, 0.01)))
    found.append(Row("idle: CPU in 20 s", f"{rested.idle:.2f} s", value=round(rested.idle, 2), goal=GOALS["idle"]))
    found.append(Row("idle: memory (PSS)", f"{rested.pss:.0f} MiB", f"{bare.pss:.0f} MiB", rested.pss / bare.pss))
    return found


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


async def _prepare(folder: Path) -> tuple[Path, str, "subprocess.Popen[str]"]:
    """A relay, and somebody registered there who has talked to somebody else."""
    from app.client import account
    from tests.parts import people

    words = (sys.executable, "-m", "app.relay.server", "serve", "--open-registration", "--listen", "127.0.0.1:0")
    relay = subprocess.Popen(
        (*words, "--data", str(folder / "relay")),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    assert relay.stdout is not None
    url = relay.stdout.readline().strip().removeprefix("listening on ")
    alice = await people.join(folder / "alice", url, "alice@example.com")
    bob = await people.join(folder / "bob", url, "bob@example.com")
    await account.confirm_code(alice.home, alice.key, alice.clock)
    async with alice.online() as one, bob.online() as other:
        await one.write("bob@example.com", "Hello Bob")
        await other.received(1)
    return alice.home.root, alice.key.hex(), relay


def _one(words: tuple[str, ...], environment: dict[str, str], *, rest: bool) -> Start:
    """Launch it, wait for its two moments, and look at it resting."""
    begun = time.monotonic()
    process = subprocess.Popen(
        words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        moments = {}
        for line in process.stdout:
            name, at = line.split()
            moments[name] = float(at) - begun
            if name == "whole":
                break
        pids = meter.family(process.pid)
        cpu, idle, pss = meter.cpu(pids), 0.0, 0.0
        if rest:
            time.sleep(REST)
            before = meter.cpu(pids)
            time.sleep(IDLE)
            idle, pss = meter.cpu(pids) - before, shared(pids)
        return Start(moments["window"], moments["ready"], moments["whole"], cpu, idle, pss)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def shared(pids: list[int]) -> float:
    """MiB, what is shared divided among those who share it."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


@contextlib.contextmanager
def display() -> Iterator[dict[str, str]]:
    """An environment with a display of its own, or with Qt's platform for none."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("QT_", "PYTHON", "DBUS_"))}
    kept.pop("WAYLAND_DISPLAY", None)
    if shutil.which("Xvfb") is None:
        kept.pop("DISPLAY", None)
        yield {**kept, "QT_QPA_PLATFORM": "offscreen"}
        return
    read, write = os.pipe()
    words = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(words, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        yield {**kept, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()
