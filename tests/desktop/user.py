"""Somebody who uses the window at random until it is killed: python -m tests.desktop.user HOME JOURNAL SEED [ACT].

What was seen and pressed goes into the journal, one line of JSON each, at once: it outlives the process. ``beat``
counts turns of the loop of `BEAT` seconds, so that a process that got no time does not look slow. ACT is done soon, and
not only when the dice fall so.
"""

import asyncio
import itertools
import json
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from app.client import settings
from app.demo import driving
from app.ui.composer.composer import Composer
from tests.parts import inside

if TYPE_CHECKING:
    from app.desktop.program import Kingfisher
    from app.ui.shell import Shell

BEAT = 0.02
KEY = "KINGFISHER_TEST_KEY"
LETTERS = "etaoin shrdlu 🙂é"
SOON = 6  # acts at most until that one


class Journal:
    """Written with one call of the system for each line."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.beat = 0

    def note(self, **what: object) -> None:
        os.write(self._file, json.dumps({"beat": self.beat, **what}).encode() + b"\n")

    async def run(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self.beat += 1
            self.note()


class User:
    """One sitting; everything is drawn from the dice."""

    def __init__(
        self, program: "Kingfisher", shell: "Shell", journal: Journal, dice: random.Random, name: str, wanted: str
    ) -> None:
        assert program.signed_in is not None
        self._wanted = wanted
        self._program, self._shell, self._journal, self._dice, self._name = program, shell, journal, dice, name
        self._window = program.signed_in.window
        self._messenger = program.signed_in.desk.messenger
        self._count = 0
        (self._composer,) = shell.findChildren(Composer)
        self._composer.field.textChanged.connect(self._seen)

    def _seen(self) -> None:
        self._journal.note(where=self._composer._conversation.hex(), field=self._composer.field.text())

    async def run(self) -> None:
        from app.storage import people

        everybody = await self._messenger.database.read(people.every)
        self._people = [each.person for each in everybody if each.person]
        if self._window.attending() is None:
            await self._switch()
        self._seen()
        self._journal.note(in_use=True)
        print("in use", flush=True)
        acts = (self._write, self._write, self._send, self._send, self._switch, self._scroll, self._settings)
        more = (self._emoji, self._details, self._new_message, self._resize)
        those = {each.__name__: each for each in (*acts, *more)}
        soon = self._dice.randrange(SOON)
        for number in itertools.count():
            act = self._dice.choice((*acts, *acts, *more))
            if number == soon and self._wanted:
                act = those[self._wanted]
            self._journal.note(act=act.__name__)
            print(act.__name__, flush=True)
            await act()

    async def _letters(self, words: str) -> None:
        for letter in words:
            await driving.write(self._shell, "Message", letter)
            await asyncio.sleep(self._dice.random() * 0.02)

    async def _write(self) -> None:
        """Some of it is taken back again."""
        self._count += 1
        words = "".join(self._dice.choice(LETTERS) for _ in range(self._dice.randrange(3, 30)))
        await self._letters(f"{self._name}n{self._count} {words}".strip())
        for _ in range(self._dice.choice((0, 0, 4))):
            await driving.press_key(self._shell, "Message", Qt.Key.Key_Backspace)

    async def _send(self) -> None:
        """With the button or Enter; sometimes writing goes on at once."""
        if not self._composer.field.text().strip():
            await self._write()
        where, text = self._composer._conversation.hex(), self._composer.field.text()
        self._journal.note(where=where, press=text)
        if self._dice.random() < 0.5:
            await driving.press(self._shell, "Send")
        else:
            await driving.press_key(self._shell, "Message", Qt.Key.Key_Return)
        if self._dice.random() < 0.5:
            self._count += 1
            await self._letters(f"x{self._name}n{self._count}")  # what was sent is no beginning of it
        await driving.until(lambda: self._composer._going is None, "letting go")
        self._journal.note(where=where, gone=text)

    async def _switch(self) -> None:
        person = self._dice.choice(self._people)
        self._shell.activateWindow()
        self._window.open_conversation(person)
        await driving.until(lambda: self._window.attending() == person, "the conversation")
        await asyncio.sleep(0)

    async def _scroll(self) -> None:
        for key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_End):
            await driving.press_key(self._shell, "Messages", key)
            await asyncio.sleep(self._dice.random() * 0.05)

    async def _settings(self) -> None:
        page = self._dice.choice(("general", "general", "messages", "texts", "privacy", "account", "blocked"))
        self._window.show_settings(page)
        if page == "general":
            await self._change()
        await asyncio.sleep(self._dice.random() * 0.2)
        for each in self._shell.findChildren(QDialog):
            each.reject()
        self._shell.activateWindow()

    async def _change(self) -> None:
        """A setting, a few times: its file is written anew with each."""
        values = [str(value) for value, _ in settings.shown("theme").choices]
        for _ in range(self._dice.randrange(1, 5)):
            at, step = values.index(self._messenger.settings.values.theme), self._dice.choice((-1, 1))
            self._journal.note(choosing=values[min(max(at + step, 0), len(values) - 1)])
            await driving.press_key(self._shell, "Appearance", Qt.Key.Key_Down if step > 0 else Qt.Key.Key_Up)
            self._journal.note(chosen=self._messenger.settings.values.theme)
            await asyncio.sleep(0)

    async def _emoji(self) -> None:
        await driving.press(self._shell, "Emoji")
        await driving.write(self._shell, "Search emoji", "bird")
        await driving.press_key(self._shell, "Search emoji", Qt.Key.Key_Escape)

    async def _details(self) -> None:
        self._window.toggle_details()
        await asyncio.sleep(self._dice.random() * 0.1)
        self._window.toggle_details()

    async def _new_message(self) -> None:
        await driving.press(self._shell, "New Message")
        await driving.write(self._shell, "To", "someb")
        await driving.press(self._shell, "Cancel")

    async def _resize(self) -> None:
        self._shell.resize(self._dice.randrange(900, 1300), self._dice.randrange(600, 900))


def main(home: str, path: str, seed: str, wanted: str = "") -> int:
    journal = Journal(Path(path))

    async def use(program: "Kingfisher", shell: "Shell") -> None:
        beating = asyncio.create_task(journal.run())
        try:
            await program.ready.wait()
            shell.activateWindow()
            using = asyncio.create_task(User(program, shell, journal, random.Random(seed), f"s{seed}", wanted).run())
            ending = asyncio.create_task(program.ended())
            await asyncio.wait({using, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not ending.done():
                await using
            using.cancel()
            await asyncio.gather(using, return_exceptions=True)
        finally:
            beating.cancel()

    return inside.run(Path(home), use, bytes.fromhex(os.environ.pop(KEY)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
