"""The demonstration in the window: opened for whoever sees it, or driven by its controls off the screen."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.client import connectivity
from app.common import tasks
from app.common.profile import Profile
from app.demo import driving, green, lively
from app.demo.people import NOBODY, Failed, Person, Said
from app.desktop import opening
from app.desktop.options import Options
from app.desktop.program import Kingfisher
from app.domain.delivery import Status
from app.storage import messages
from app.storage.transaction import View
from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.window_state import WindowState

STEP: Final = 0.4  # seconds until everything that moves has come to rest, before a picture is taken


def show() -> int:
    """Open the window on a private relay with lively people, until it is closed; 0."""
    folder = Path(tempfile.mkdtemp(prefix="kingfisher-demo-"))
    try:
        Profile(folder).prepare()
        _run(lambda theme, shell: _show(folder, theme, shell))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def drive(folder: Path, screens: Path) -> bool:
    """Hold the conversation through the window; True when every message ended as it should."""

    async def play(theme: Theme, shell: Shell) -> bool:
        async with green.street(folder) as street:
            return await Play(street, folder, screens, theme, shell).run()

    return _run(play)


def _run(work: Callable[[Theme, Shell], Awaitable[bool]]) -> bool:
    """Over Qt's own loop, as the program does."""
    application = opening.prepare_qt()
    theme = Theme()
    shell = Shell(theme, WindowState())
    found: list[bool] = []

    async def whole() -> int:
        found.append(await work(theme, shell))
        return 0

    opening.run_on(application, whole())
    return found == [True]


@contextlib.asynccontextmanager
async def signed_in(alice: Person, theme: Theme, shell: Shell) -> AsyncGenerator[Kingfisher]:
    """The window of somebody whose account is there."""
    program = Kingfisher(Options(alice.home), theme, shell, key=alice.key)
    owner = tasks.TaskOwner("demo")
    with alice.home.lock():
        running = owner.spawn(program.run(), name="window")
        ready = owner.spawn(program.ready.wait(), name="ready")
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        try:
            yield program
        finally:
            program.quit()
            await running
            await owner.close()


async def _show(folder: Path, theme: Theme, shell: Shell) -> bool:
    """Alice is whoever sits before the window."""
    alice, *others = (Person(name, folder) for name in ("Alice", *lively.NAMES))
    shell.show()
    async with green.street(folder) as street:
        await street.relay.start()
        try:
            async with lively.gathered(street, alice, others), signed_in(alice, theme, shell) as program:
                await program.ended()
        finally:
            await street.relay.stop()
    return True


class Play:
    """A conversation held by pressing and typing, with what is seen and what is stored compared at its end."""

    def __init__(self, street: green.Street, folder: Path, screens: Path, theme: Theme, shell: Shell) -> None:
        self._theme = theme
        self._shell = shell
        self._screens = screens
        self._pictures: list[Path] = []
        self._relay, self._phones = street.relay, street.phones
        self._alice, self._bob, self._carol = (Person(name, folder) for name in ("Alice", "Bob", "Carol"))
        self._program: Kingfisher | None = None
        self._said: list[Said] = []

    async def run(self) -> bool:
        """All of it, in its order."""
        try:
            await self._relay.start()
            self._tell(f"A relay runs on {self._relay.url}")
            for person in (self._alice, self._bob, self._carol):
                await person.register(self._relay)
            for person in (self._bob, self._carol):  # once, so that the relay has keys to write to them with
                await person.wake()
                await person.sleep()
            self._shell.show()
            self._shell.activateWindow()
            async with signed_in(self._alice, self._theme, self._shell) as program:
                self._program = program
                if program.signed_in is None:
                    raise Failed("The window did not open.")
                self._tell("Alice sits before her window; Bob and Carol are not there")
                alice = program.signed_in.desk.messenger
                self._alice.lend(alice)
                await driving.until(lambda: connectivity.of(alice).connected, "the connection")
                try:
                    await self._talk()
                except Failed:
                    await self._picture("failed", 1120)
                    self._tell(f"What the window showed is in {self._pictures[-1]}")
                    raise
                right = await self._results()
                await self._take_pictures()
        finally:
            for person in (self._bob, self._carol):
                await person.sleep()
            await self._relay.stop()
        print("\nPictures of the window:")
        for picture in self._pictures:
            print(f"  {picture}")
        return right

    async def _talk(self) -> None:
        await self._first_words()
        await self._stranger()
        await self._dead_end()
        await self._green()
        await self._outage()

    @property
    def _window(self) -> QWidget:
        return self._shell

    def _tell(self, sentence: str) -> None:
        print(f"· {sentence}", flush=True)

    async def _type(self, to: Person | str, words: str, wanted: Status) -> Said:
        """Write it into the open conversation and press Send."""
        await driving.write(self._window, "Message", words)
        await driving.press(self._window, "Send")
        row = 0

        def newest(view: View) -> bool:
            nonlocal row
            found = [each.row for each in messages.recent(view, 20) if each.outgoing and words.encode() in each.body]
            row = found[0] if found else 0
            return bool(row)

        await self._alice.until(newest, f"writing “{words}”")
        said = Said(self._alice, to if isinstance(to, str) else to.name, row, words, wanted)
        self._said.append(said)
        print(f"  Alice to {said.to}: {words}", flush=True)
        return said

    async def _answer(self, author: Person, words: str, wanted: Status) -> Said:
        said = Said(author, "Alice", await author.write(self._alice.address, words), words, wanted)
        self._said.append(said)
        print(f"  {author.name} to Alice: {words}", flush=True)
        return said

    async def _reads(self, said: Said, *parts: str) -> None:
        """Wait until the window says all of this of that message, to the eye and to a screen reader."""

        def seen() -> bool:
            found = [line for line in driving.sentences(self._window, "Messages") if said.words in line]
            return any(all(part in line for part in parts) for line in found)

        await driving.until(seen, f"“{said.words}” as {', '.join(parts)}")
        print(f"    {', '.join(parts)}", flush=True)

    async def _first_words(self) -> None:
        """To somebody she has never written to, who is away."""
        alice, bob = self._alice, self._bob
        await driving.press(self._window, "New Message")
        await driving.write(self._window, "To", bob.address)
        await driving.press_key(self._window, "To", Qt.Key.Key_Return)
        hello = await self._type(bob, "Hello Bob, are you there?", Status.READ)
        await self._reads(hello, "Encrypted", "Sent")
        await bob.wake()
        await bob.hears(hello)
        await bob.accepts(alice)
        await self._reads(hello, "Delivered")
        await bob.reads(alice)
        await self._reads(hello, "Read")
        answer = await self._answer(bob, "Yes, just back. How are you?", Status.READ)
        await self._reads(answer, "Bob: Yes, just back")
        await bob.until(_is(answer, Status.READ), "Alice reading it")

    async def _stranger(self) -> None:
        """Carol writes for the first time; Alice accepts her with a button."""
        carol = self._carol
        await carol.wake()
        question = await self._answer(carol, "Shall we meet at noon?", Status.READ)
        await carol.until(_is(question, Status.SENT), "sending it")
        await self._alice.hears(question)
        await self._open(carol)
        await self._reads(question, "Shall we meet at noon?")
        await driving.press(self._window, "Accept")
        await carol.until(_is(question, Status.READ), "Alice accepting and reading it")
        self._tell("Carol is a stranger until Alice presses Accept")
        noon = await self._type(carol, "Noon is fine.", Status.DELIVERED)
        await self._reads(noon, "Delivered")

    async def _green(self) -> None:
        """Somebody without Kingfisher: a phone."""
        if self._phones is None:
            self._tell(green.WHY_NOT)
            return
        await green.prove(self._alice, self._phones)
        self._tell(f"Alice has proved the number {green.OWN} with the code that came to it")
        await driving.press(self._window, "New Message")
        await driving.write(self._window, "To", green.PHONE)
        await driving.press_key(self._window, "To", Qt.Key.Key_Return)
        asked = await self._type("a phone", "Are you still at the river?", Status.DELIVERED)
        await self._reads(asked, "Delivered")
        await green.answer(self._alice, self._phones, "Until six.")
        print("  a phone to Alice: Until six.", flush=True)
        await self._picture("green", 1120)

    async def _dead_end(self) -> None:
        """An address nobody has."""
        await driving.press(self._window, "New Message")
        await driving.write(self._window, "To", NOBODY)
        await driving.press_key(self._window, "To", Qt.Key.Key_Return)
        await driving.control(self._window, "Invite")
        self._tell(f"{NOBODY} is on no Kingfisher relay, and the window says so before anything is written")
        await driving.press(self._window, "Cancel")

    async def _outage(self) -> None:
        """The relay goes away in the middle."""
        bob = self._bob
        await self._open(bob)
        await self._relay.stop()
        self._tell("The relay is stopped")
        lost = await self._type(bob, "Is the relay gone?", Status.DELIVERED)
        await self._reads(lost, "Waiting")
        waiting = await self._type(bob, "I write on all the same.", Status.DELIVERED)
        await self._reads(waiting, "Waiting")
        await self._relay.start()
        self._tell("The relay is back")
        for said in (lost, waiting):
            await self._alice.until(_is(said, Status.DELIVERED), "delivering it")
        await self._reads(waiting, "Delivered")

    async def _open(self, other: Person) -> None:
        """The conversation with somebody, from the list."""
        person = await self._alice.behind(other)
        program = self._program
        if program is None or program.signed_in is None:
            raise Failed("The window is gone.")
        program.signed_in.window.open_conversation(person)
        await driving.until(lambda: self._attended() == person, f"the conversation with {other.name}")

    def _attended(self) -> bytes | None:
        program = self._program
        return program.signed_in.window.attending() if program is not None and program.signed_in is not None else None

    async def _results(self) -> bool:
        """Each message as it is stored at its author's."""
        right = True
        rows = [("from", "to", "message", "status")]
        for said in self._said:
            stored = await said.author.messenger.database.read(lambda view, row=said.row: messages.get(view, row))
            status = stored.status if stored is not None else "gone"
            good = status == said.wanted.value
            right = right and good
            rows.append((said.author.name, said.to, said.words, status if good else f"{status}, not {said.wanted}"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        print()
        for row in rows:
            print("  ".join(text.ljust(width) for text, width in zip(row, (*widths, 0), strict=True)).rstrip())
        for other in (self._bob, self._carol):
            same = await self._alice.conversation(other) == await other.conversation(self._alice)
            print(f"Alice and {other.name} see {'the same order' if same else 'DIFFERENT ORDERS'}.")
            right = right and same
        return right

    async def _take_pictures(self) -> None:
        """Light and dark, wide and narrow."""
        program: Any = self._program
        settings = program.signed_in.desk.messenger.settings
        for mode in ("light", "dark"):
            settings.change("theme", mode)
            await self._picture(f"conversation-{mode}", 1120)
            await driving.press(self._window, "Details")
            await driving.control(self._window, "Compare…")
            await self._picture(f"details-{mode}", 1120)
            await driving.press(self._window, "Details")
            await self._picture(f"narrow-{mode}", 400)

    async def _picture(self, name: str, width: int) -> None:
        self._shell.resize(width, 760)
        await asyncio.sleep(STEP)
        self._screens.mkdir(parents=True, exist_ok=True)
        path = self._screens / f"{name}.png"
        if not self._shell.grab().save(str(path)):
            raise Failed(f"{path} cannot be written.")
        self._pictures.append(path)


def _is(said: Said, status: Status) -> Callable[[View], bool]:
    def look(view: View) -> bool:
        stored = messages.get(view, said.row)
        return stored is not None and stored.status == status

    return look
