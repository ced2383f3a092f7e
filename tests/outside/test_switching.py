"""The rich switch turned over from outside, by its accessible name: what the window says, what a correspondent sees."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outside.test_two_windows import Hosted, register, start
from tests.parts import outside
from tests.parts.command_line import CommandLine, Outcome
from tests.parts.outside import Desktop

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not outside.able, reason="needs Xvfb, dbus-daemon, gnome-keyring and at-spi2-core"),
]

SWITCH = "Rich messaging"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: sockets lie in it."""
    made = Path(tempfile.mkdtemp(prefix="kf"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_off_and_on_again(folder: Path) -> None:
    jonas = CommandLine(folder / "jonas")
    with Desktop(folder / "n") as here:
        noor, relay = start(here, "noor"), Hosted(folder / "n" / "data")
        root = noor.root
        root.push("Get Started")
        root.push("Host here")
        root.push("Start Hosting")
        register(root, "noor@example.com", "Noor Haddad")
        link = here.bus.until(lambda: root.find("text", "Invite link").text, "an invite link")
        root.push("Open Kingfisher")
        joined = asyncio.run(jonas.run("register", "jonas@example.com", "--invite", link))
        assert joined.code == 0, joined
        jonas.quicken()

        def say(words: str) -> Outcome:
            """Jonas writes to Noor."""
            return asyncio.run(jonas.run("send", "noor@example.com", words))

        def forecast() -> str | None:
            """How his next message would travel."""
            return asyncio.run(jonas.run("forecast", "noor@example.com", "Are you there?")).line["bearer"]

        def told(words: str, *, on: bool) -> None:
            """The switch stands so, and says what the directory has confirmed."""

            def stands() -> bool:
                return any(
                    words in each.description and ("checked" in each.states) is on
                    for each in root.all("check box", SWITCH)
                )

            here.bus.until(stands, words, within=60)

        # A menu is a popup, which Qt keeps out of the tree; the settings open from a button as well.
        root.push("Invite…")
        root.push("Messages", "radio button")
        told("Encrypted and free", on=True)
        assert (forecast(), say("One").code) == ("rich", 0)
        root.push(SWITCH, "check box")
        root.find("label", contains="you have no phone number")
        root.push("Turn Off")
        told("everything goes as text messages. People see that", on=False)
        refused = say("Two")
        assert (refused.code, refused.lines[-1]["recipients"][0]["reason"]) == (1, "no_longer_rich")
        assert forecast() == "none"
        root.push(SWITCH, "check box")
        told("Encrypted and free", on=True)
        assert (forecast(), say("Three").code) == ("rich", 0)
        assert noor.end() == 0
        relay.stop(here)
