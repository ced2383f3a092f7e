"""Host here: a relay, an account on it and an invite for somebody else, with nothing to configure."""

import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtCore import QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QLineEdit

from app.client import arrival
from app.client.arrival import Arrival
from app.client.hosting import bundled, program
from app.client.hosting.bundled import Hosting
from app.client.unlocking import Opener
from app.crypto import identity
from app.ui.onboarding import printing
from app.ui.onboarding.finishing import Handing
from app.ui.onboarding.first_run import FirstRun
from app.ui.theme import Theme
from tests.parts.relay import Near
from tests.parts.window import control
from tests.ui.onboarding.conftest import Running, door_of
from tests.ui.onboarding.hand import until

PASSPHRASE = "four random words here"


async def _without_systemd(command: Sequence[str]) -> program.Answer:
    if command[0] in ("systemctl", "loginctl"):
        return program.Answer(1, "", "")
    return await program.run(command)


@pytest_asyncio.fixture
async def hosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hosting]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("KINGFISHER_RELAY_ANNOUNCE", "false")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(bundled, "PORT", int(probe.getsockname()[1]))
    made = Hosting(tmp_path / "hosted", run=_without_systemd)
    yield made
    await made.stop()


@pytest.mark.long
async def test_from_nothing_to_an_invite(theme: Theme, tmp_path: Path, hosting: Hosting) -> None:
    running = Running(FirstRun(theme, door_of(tmp_path), hosting))
    hand = running.hand
    await hand.sees("Welcome to Kingfisher")
    hand.press("Get Started")
    hand.press("Host here")
    await hand.sees("Host here")
    hand.press("Start Hosting")
    await hand.sees("What’s your number or e-mail?")
    hand.type("Phone number or e-mail", "alice@example.com")
    hand.type("Your name", "Alice")
    hand.press("Continue")
    await hand.sees("Keep your keys safe")
    control(hand.front, "Passphrase").click()  # type: ignore[attr-defined]
    hand.type("Passphrase", PASSPHRASE)
    control(hand.front, "Passphrase again", QLineEdit).setFocus()
    hand.type("Passphrase again", PASSPHRASE)
    hand.press("Finish")
    await hand.sees("Your recovery code")
    hand.press("I’ve Kept It")
    await hand.sees("Invite someone")
    await until(lambda: hand.enabled("Copy Link"))
    link = control(hand.front, "Invite link", QLineEdit).text()
    assert control(hand.front, "QR code of the invite link").accessibleDescription() == link
    hand.press("New Link")
    await until(lambda: hand.enabled("Copy Link"))
    other = control(hand.front, "Invite link", QLineEdit).text()
    assert other != link
    hand.press("Open Kingfisher")
    await until(running.end.done)
    assert running.end.result() is not None
    assert await hosting.people() == ("alice@example.com",)
    bob = Arrival(door_of(tmp_path / "bob"))  # the window is gone; the relay is not
    await bob.register(Opener("passphrase", "x" * 20), arrival.read_invite(other).joining, "bob@example.com", "Bob")
    assert (await hosting.state()).people == 2


@pytest.mark.long
async def test_a_relay_that_does_not_start_is_said_in_place(theme: Theme, tmp_path: Path, hosting: Hosting) -> None:
    hosting.folder.mkdir()
    (hosting.folder / bundled.CONFIG).write_text("[limits]\nno_such = 1\n")
    running = Running(FirstRun(theme, door_of(tmp_path), hosting))
    hand = running.hand
    await hand.sees("Welcome to Kingfisher")
    hand.press("Get Started")
    hand.press("Host here")
    hand.press("Start Hosting")
    await until(lambda: hand.says("The relay on this computer did not start"))
    (hosting.folder / bundled.CONFIG).unlink()
    assert hand.enabled("Start Hosting")
    hand.press("Start Hosting")
    await hand.sees("What’s your number or e-mail?")
    await running.close()


async def test_closing_over_the_first_invite_is_no_loss(theme: Theme, tmp_path: Path, relay: Near) -> None:
    door = door_of(tmp_path)
    opener = Opener("passphrase", PASSPHRASE)
    joining = arrival.read_invite(await relay.invite()).joining
    await Arrival(door).register(opener, joining, "alice@example.com", "Alice")
    key = await door.unlocking.open(opener)
    window = FirstRun(theme, door, Hosting(tmp_path / "relay"), key=key, standing=await arrival.standing(door, key))
    window._hosts = True
    running = Running(window)
    await running.hand.sees("Your recovery code")
    running.hand.press("I’ve Kept It")
    await running.hand.sees("Invite someone")
    assert isinstance(running.hand.front, Handing)
    window.close()
    opened = await running.end
    assert opened is not None and opened.key == key


@pytest.mark.long
async def test_one_begun_with_this_computers_relay_needs_no_link(
    theme: Theme, tmp_path: Path, hosting: Hosting
) -> None:
    earlier = await Near(hosting.folder, open_registration=False, port=bundled.PORT).start()
    door, opener = door_of(tmp_path), Opener("passphrase", PASSPHRASE)
    invited = arrival.read_invite(await earlier.invite()).joining
    nameless = arrival.Joining(invited.urls, invited.pinned)  # as it is known after a restart
    with pytest.raises(arrival.errors.GiveUp, match="closed"):
        await Arrival(door).register(opener, nameless, "alice@example.com", "Alice")
    await earlier.stop()
    key = await door.unlocking.open(opener)
    window = FirstRun(theme, door, hosting, key=key, standing=await arrival.standing(door, key))
    running = Running(window)
    await running.hand.sees("Your recovery code")
    assert (await hosting.state()).running
    await running.close()


def test_the_code_on_paper(tmp_path: Path) -> None:
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(10, 10, 10, 10))
    )
    printer.setOutputFileName(str(tmp_path / "code.pdf"))
    printing.paint(printer, identity.new_code(), "alice@example.com")
    data = (tmp_path / "code.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") == 1
