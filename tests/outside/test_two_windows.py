"""Two people, two computers, nothing configured: one hosts, the other joins by the link, and they talk."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import outside
from tests.parts.command_line import CommandLine
from tests.parts.outside import Desktop, Node, Program

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not outside.able, reason="needs Xvfb, dbus-daemon, gnome-keyring and at-spi2-core"),
]

SLOW = 90.0  # seconds: the pauses between two tries grow while the relay is away
STEPS = {"Queued", "Sent", "Delivered", "Read"}
STEP = re.compile(r"(Queued|Sending|Sent|Delivered|Read)(?:, \d+ times)?: (?:by )?.*\d{1,2}:\d\d.*")
ASIDE, AGAIN = "The third one of us says hello.", "And writes once more."
WAITS, ANSWER = "Did the card survive the river?", "It did, all of it!"
NOTE, NOTES = "a note of several lines", 12
DRAFT, AFTER = "a draft that st", "A draft that stayed."


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: sockets lie in it."""
    made = Path(tempfile.mkdtemp(prefix="kf"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def start(on: Desktop, name: str) -> Program:
    return on.launch(_words(on, name))


def front(on: Desktop, name: str) -> None:
    """Start it a second time, which makes its window the active one; there is no window manager that would do it."""
    again = subprocess.run(_words(on, name), env=on.environment, timeout=SLOW, check=False)
    assert again.returncode == 0


def _words(on: Desktop, name: str) -> list[str]:
    return [sys.executable, "-m", "app", "--profile", str(on.folder / name)]


def register(root: Node, address: str, name: str) -> None:
    """From who one is to the recovery code."""
    root.fill("Phone number or e-mail", address)
    root.fill("Your name", name)
    root.push("Continue")
    root.push("Finish")
    root.push("I’ve Kept It")


def say(root: Node, words: str) -> None:
    root.fill("Message", words)
    root.push("Send")


def climb(root: Node, words: str) -> None:
    """Go to the message with these words, far from what is in sight."""
    root.all("list item", contains=words, showing=False)[0].perform("SetFocus")
    root.find("list item", contains=words)


def steps(root: Node, words: str) -> list[str]:
    """The steps that the details of an own message list; those without a time are left out."""
    root.find("list item", contains=f"You: {words} Encrypted.").perform("Details")

    def listed() -> list[str]:
        return [found.group(1) for name in root.names() if (found := STEP.fullmatch(name))]

    found = root.bus.until(listed, f"steps in\n{root.tree()}")
    root.push("Close")
    return found


class Hosted:
    """The relay that one of them runs: a process of its own, whatever becomes of the window."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self) -> int:
        found = subprocess.run(
            ["pgrep", "-f", "--", f"--data {self._folder}"], capture_output=True, text=True, check=False
        )
        return int(found.stdout.split()[0]) if found.stdout.split() else 0

    def words(self) -> list[str]:
        return Path(f"/proc/{self.process()}/cmdline").read_bytes().decode().strip("\0").split("\0")

    def start(self, on: Desktop, words: list[str]) -> None:
        """Again, as it was started before."""
        on.processes.append(subprocess.Popen(words, env=on.environment, start_new_session=True))

    def stop(self, on: Desktop) -> None:
        number = self.process()
        os.kill(number, signal.SIGTERM)
        on.bus.until(lambda: not Path(f"/proc/{number}").exists() or "Z" in _state(number), "the relay has ended")


def _state(number: int) -> str:
    try:
        return Path(f"/proc/{number}/stat").read_text().split(") ")[1][:1]
    except FileNotFoundError:
        return "Z"


def chosen(root: Node, name: str) -> None:
    """The list has this conversation as the one that is open."""

    def stands() -> bool:
        rows = root.all("list item", contains=f"{name}. ")
        return any("selected" in each.states for each in rows)

    root.bus.until(stands, f"{name} is chosen")


def own(root: Node, words: str, status: str, within: float = SLOW) -> None:
    """The screen says how far an own message has come."""
    root.find("list item", contains=f"You: {words} Encrypted. {status}", within=within)


def third(folder: Path, link: str) -> CommandLine:
    """Somebody who joins by another invite, and writes first."""
    priya = CommandLine(folder)
    joined = asyncio.run(priya.run("register", "priya@example.com", "--name", "Priya Raman", "--invite", link))
    assert joined.code == 0, joined
    priya.quicken()
    write(priya, ASIDE)
    return priya


def write(who: CommandLine, words: str) -> None:
    """To the one who hosts."""
    sent = asyncio.run(who.run("send", "noor@example.com", words))
    assert sent.code == 0, sent


def test_from_nothing_to_talking(folder: Path) -> None:
    with Desktop(folder / "n") as here, Desktop(folder / "j") as there:
        relay = Hosted(folder / "n" / "data")
        noor, jonas = start(here, "noor"), start(there, "jonas")
        one, two = noor.root, jonas.root
        one.push("Get Started")
        one.push("Host here")
        one.push("Start Hosting")
        register(one, "noor@example.com", "Noor Haddad")
        link = here.bus.until(lambda: one.find("text", "Invite link").text, "an invite link")
        one.push("Open Kingfisher")
        two.push("Get Started")
        two.push("Join with an invite")
        two.fill("Invite link", link)
        two.push("Continue")
        register(two, "jonas@example.com", "Jonas Lind")

        # Joined by the invite, they have each other in the list, by name. A third one joins, so that there is a choice.
        two.find("list item", contains="Noor Haddad")
        one.find("list item", contains="Jonas Lind")
        one.push("Invite…")
        priya = third(folder / "priya", here.bus.until(lambda: one.find("text", "Invite link").text, "another link"))
        one.find("list item", contains=f"Priya Raman. {ASIDE}")

        # She leaves without having opened anything, and the relay goes. What he writes waits, and says so.
        assert noor.end() == 0
        words = relay.words()
        relay.stop(here)
        two.push("", "list item", contains="Noor Haddad")
        say(two, WAITS)
        own(two, WAITS, "Waiting for network…")

        # It is sent as soon as there is a relay; it has arrived when her window is there; it is read when she looks.
        relay.start(here, words)
        own(two, WAITS, "Sent")
        noor = start(here, "noor")
        one = noor.root
        own(two, WAITS, "Delivered")
        one.find("list item", contains=f"Jonas Lind. {WAITS}")  # in the sidebar
        assert not two.all("list item", contains=f"You: {WAITS} Encrypted. Read", showing=False)
        one.push("", "list item", contains="Jonas Lind")
        front(here, "noor")
        one.find("list item", contains=f"Jonas Lind: {WAITS}")
        own(two, WAITS, "Read")
        assert set(steps(two, WAITS)) >= STEPS
        say(one, ANSWER)
        two.find("list item", contains=ANSWER)

        # One of them reads again how it began, far above what is new; somebody else is the first in the list by then.
        for number in range(NOTES):
            say(two, f"Note {number}: {NOTE}" + "\n…" * 5)
        last = f"Note {NOTES - 1}:"
        two.find("list item", contains=f"You: {last}")
        one.find("list item", contains=f"Jonas Lind: {last}")
        one.find("list item", contains=f"Jonas Lind. {last}")  # in the sidebar; nobody is typing any more
        climb(one, WAITS)
        assert not one.all("list item", contains=f"Jonas Lind: {last}")
        write(priya, AGAIN)
        one.find("list item", contains=f"Priya Raman. {AGAIN}")

        # All three start again: everything is where it was, the draft too.
        one.fill("Message", DRAFT)
        assert noor.end() == 0
        assert jonas.end() == 0
        relay.stop(here)
        relay.start(here, words)
        one, two = start(here, "noor").root, start(there, "jonas").root
        chosen(one, "Jonas Lind")
        chosen(two, "Noor Haddad")
        one.find("list item", contains=f"Jonas Lind: {WAITS}")
        own(one, ANSWER, "Read")
        assert not one.all("list item", contains=f"Jonas Lind: {last}")
        here.bus.until(lambda: one.find("text", "Message").text == DRAFT, "the draft")
        two.find("list item", contains=f"You: {last}")
        climb(two, WAITS)
        own(two, WAITS, "Read")
        assert set(steps(two, WAITS)) >= STEPS

        # And they go on talking.
        say(one, AFTER)
        two.find("list item", contains=f"Noor Haddad. {AFTER}")  # in the sidebar: this one reads further up
        relay.stop(here)
