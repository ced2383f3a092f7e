"""The window of the soak and whoever sits before it, a process of its own: python -m tests.soak.window HOME.

It says what it does in lines of JSON, and asks its parent with them for what it cannot do itself: to have the others
write (``round``) and to have the connection cut (``cut``). What it is to do comes as one line of JSON.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.content.text import Text
from app.demo import driving
from tests.parts import inside
from tests.soak import counts

if TYPE_CHECKING:
    from app.client.messenger import Messenger
    from app.desktop.program import Kingfisher
    from app.ui.shell import Shell

TYPED = 20  # every so many of the messages is typed and sent with the button
LOOK = 0.01  # seconds between two looks
CALM = 25.0  # seconds in which every time limit of before has run out
PANEL = 4  # with every so many of the dialogs something else is opened that is none
PAGES = ("general", "privacy", "account", "blocked", "hosting")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything, over ``rounds``; ``rest`` seconds are measured at each end."""

    rounds: int
    messages: int
    switches: int
    dialogs: int
    cuts: int
    rest: float
    others: list[str]

    def share(self, number: int, whole: int) -> range:
        """The numbers of what belongs into that round."""
        return range(whole * number // self.rounds, whole * (number + 1) // self.rounds)


async def until(condition: Callable[[], bool]) -> None:
    """Without a limit of its own, whose timer would be counted: whoever started this process has one."""
    while not condition():
        await asyncio.sleep(LOOK)


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


class Sitting:
    """Somebody who writes, looks around and loses the connection, for a long time."""

    def __init__(self, program: "Kingfisher", shell: "Shell", plan: Plan) -> None:
        assert program.signed_in is not None
        self._shell = shell
        self._window = program.signed_in.window
        self._messenger: Messenger = program.signed_in.desk.messenger
        self._plan = plan
        self._people: list[bytes] = []
        self._written = 0
        self._connected = 0
        self._messenger.hub.subscribe(self._heard)
        self._was = False
        self._looking: asyncio.Task[None] | None = None
        self._dialogs = (self._settings, self._message_details, self._verify, self._why, self._shortcuts)
        self._panels = (self._new_message, self._emoji, self._find)

    def _heard(self, _: object) -> None:
        now = self._messenger.connection.state.phase == "connected"
        self._connected += now and not self._was
        self._was = now

    async def run(self) -> None:
        plan = self._plan
        signal.signal(signal.SIGUSR1, self._stuck)
        await until(lambda: self._messenger.connection.state.phase == "connected")
        for address in self._plan.others:
            person = await self._messenger.routing.person_for(address)
            self._people.append(person.person)
            await self._messenger.sending.send(person.person, Text("hello"))
        await self._messenger.outbox.idle()
        await self._settled(0)
        await self._open(self._people[0])
        # What is made once and kept is there from here on.
        for number in range(len(self._dialogs)):
            await self._dialog(number)
        for number in range(len(self._panels)):
            await self._panels[number](number)
        await asyncio.sleep(min(CALM, plan.rest * 2))
        say(idle=await self._idle())
        before = counts.kinds() + counts.below()
        for number in range(self._plan.rounds):
            started = time.monotonic()
            await self._round(number)
            say(counts=counts.as_dict(counts.take()), seconds=round(time.monotonic() - started, 1))
            if number == self._plan.rounds // 10:
                before = counts.kinds() + counts.below()
        more = counts.kinds() + counts.below()
        more.subtract(before)
        say(grown=more.most_common(40), ended=counts.ended().most_common())
        await self._open(self._people[0])
        await asyncio.sleep(min(CALM, plan.rest * 2))
        say(idle=await self._idle())

    async def _idle(self) -> float:
        before = time.process_time()
        await asyncio.sleep(self._plan.rest)
        return time.process_time() - before

    async def _round(self, number: int) -> None:
        plan = self._plan
        say(round=len(plan.share(number, plan.messages)) // len(self._people))
        await asyncio.gather(
            self._write(plan.share(number, plan.messages)),
            self._look_around(plan.share(number, plan.switches), plan.share(number, plan.dialogs)),
            self._lose(plan.share(number, plan.cuts)),
        )
        await self._settled((number + 1) * (plan.messages // plan.rounds // len(self._people)) * len(self._people))

    async def _write(self, those: range) -> None:
        """All but those that are typed."""
        for number in those:
            if number % TYPED:
                self._written += 1
                person = self._people[number % len(self._people)]
                await self._messenger.sending.send(person, Text(f"{number} and some words to go with it"))
                await asyncio.sleep(0.01)

    def _stuck(self, *_: object) -> None:
        """Where everybody waits, for whoever wonders why nothing happens."""
        for task in asyncio.all_tasks():
            task.print_stack(limit=4, file=sys.stderr)  # left out, it is stdout, which its parent reads
        hub, outbox = self._messenger.hub, self._messenger.outbox
        print("hub", hub._scheduled, len(hub._pending), file=sys.stderr)
        print(
            "outbox", outbox._wake.is_set(), outbox._settled.is_set(), len(outbox._running), file=sys.stderr, flush=True
        )
        self._looking = asyncio.get_running_loop().create_task(self._say_store())

    async def _say_store(self) -> None:
        incoming = "SELECT count(*) FROM messages WHERE outgoing = 0"
        jobs = "SELECT kind, count(*), min(due_at) FROM jobs GROUP BY kind"
        found = await self._messenger.database.read(lambda view: (view.value(incoming), view.rows(jobs)))
        print(found, self._messenger.connection.state, self._written, file=sys.stderr, flush=True)

    async def _settled(self, incoming: int) -> None:
        """Everything that was written is with the relay, and everything that comes in is here."""

        async def here() -> bool:
            count = "SELECT count(*) FROM messages WHERE outgoing = 0"
            return await self._messenger.database.read(lambda view: view.value(count)) >= incoming

        while not await here():
            await asyncio.sleep(LOOK)
        await self._messenger.outbox.idle()

    async def _lose(self, those: range) -> None:
        for _ in those:
            seen = self._connected
            say(cut=True)
            await until(lambda seen=seen: self._connected > seen)

    # before the screen

    async def _look_around(self, switches: range, dialogs: range) -> None:
        due = list(dialogs)
        every = max(1, len(switches) // max(1, len(due)))
        for number in switches:
            await self._open(self._people[number * 7 % len(self._people)])
            await self._scroll()
            if number % 2 == 0:
                await self._type(number)
            if due and (number - switches.start) % every == 0:
                await self._dialog(due.pop())
        for number in due:
            await self._dialog(number)

    async def _open(self, person: bytes) -> None:
        self._shell.activateWindow()  # off the screen nobody gives it back after a window of its own
        self._window.open_conversation(person)
        await until(lambda: self._window.attending() == person)

    async def _scroll(self) -> None:
        for key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageUp, Qt.Key.Key_End):
            await driving.press_key(self._shell, "Messages", key)
            await asyncio.sleep(0.005)

    async def _type(self, number: int) -> None:
        """As many of these as `_write` leaves out."""
        await driving.write(self._shell, "Message", f"t{number} by hand")
        field: Any = await driving.control(self._shell, "Message")
        await driving.press(self._shell, "Send")
        self._written += 1
        await until(lambda: not field.toPlainText())

    async def _dialog(self, number: int) -> None:
        say(dialog=number)
        await self._dialogs[number % len(self._dialogs)](number)
        if number % PANEL == 0:
            number //= PANEL
            await self._panels[number % len(self._panels)](number)

    def _open_dialogs(self) -> list[QDialog]:
        return [each for each in self._shell.findChildren(QDialog) if each.isVisible()]

    async def _closed(self, root: QWidget, button: str = "") -> None:
        await until(lambda: bool(self._open_dialogs()))
        await asyncio.sleep(0.1)
        if button:
            await driving.press(root, button)
        else:
            self._open_dialogs()[0].reject()
        await until(lambda: not self._open_dialogs())

    async def _settings(self, number: int) -> None:
        self._window.show_settings(PAGES[number // len(self._dialogs) % len(PAGES)])
        await self._closed(self._shell)

    async def _message_details(self, number: int) -> None:
        last = "SELECT max(row) FROM messages WHERE outgoing = ?"
        outgoing = 1 - number // len(self._dialogs) % 2
        row = await self._messenger.database.read(lambda view: view.value(last, (outgoing,)))
        self._window._page.message_details.emit(row)
        await self._closed(self._shell, "Close")

    async def _why(self, _: int) -> None:
        self._window._page._ask_why(0)
        await self._closed(self._shell, "Done")

    async def _shortcuts(self, _: int) -> None:
        self._window._dialogs.shortcuts()
        await self._closed(self._shell, "Close")

    async def _new_message(self, number: int) -> None:
        await driving.press(self._shell, "New Message")
        await driving.write(self._shell, "To", self._plan.others[number % len(self._plan.others)][:9])
        await asyncio.sleep(0.1)
        await driving.press(self._shell, "Cancel")

    async def _verify(self, _: int) -> None:
        await driving.press(self._shell, "Details")
        pane = self._window._details
        await until(lambda: pane._card is not None and pane._card.conversation == pane._conversation)
        await driving.press(self._shell, "Compare…")
        await self._closed(self._shell, "Later")
        await driving.press(self._shell, "Close details")

    async def _emoji(self, _: int) -> None:
        await driving.press(self._shell, "Emoji")
        found = await driving.control(self._shell, "Search emoji")
        await driving.write(self._shell, found.accessibleName(), "bird")
        await driving.press_key(self._shell, found.accessibleName(), Qt.Key.Key_Escape)

    async def _find(self, _: int) -> None:
        self._window._find()
        await asyncio.sleep(0.1)
        self._window._page._find.close_bar()


def main(home: str) -> int:
    plan = Plan(**json.loads(sys.stdin.readline()))

    async def use(program: "Kingfisher", shell: "Shell") -> None:
        await program.ready.wait()
        shell.activateWindow()
        await Sitting(program, shell, plan).run()
        program.quit()

    return inside.run(Path(home), use, bytes.fromhex(os.environ.pop("KINGFISHER_TEST_KEY")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
