"""A window over a furnished profile in its own process: python -m tests.desktop.seat FOLDER make|write|look|known."""

import asyncio
import sys
from pathlib import Path

from PySide6 import QtWidgets
from PySide6.QtWidgets import QTextEdit

from app.client.messenger import Messenger, open_messenger
from app.common.clock import ManualClock
from app.common.profile import Profile
from app.demo import driving
from app.desktop import opening
from app.desktop.options import Options
from app.desktop.program import Kingfisher
from app.net.transport import WebSocketTransport
from app.storage import conversations
from app.ui import window_state
from app.ui.shell import Shell
from app.ui.theme import Theme
from tests.parts import window as furniture

JONAS = furniture.person_of("Jonas Lind")
WORDS = "half a thought"


async def make(home: Profile) -> int:
    clock = ManualClock(furniture.NOW)
    await furniture.create(home, clock)
    async with open_messenger(home, furniture.KEY, WebSocketTransport(), clock, online=False) as messenger:
        await furniture.furnish(messenger)
    return 0


async def kept(messenger: Messenger) -> None:
    """Until the draft is in the store."""
    while True:
        found = await messenger.database.read(lambda view: conversations.get(view, JONAS))
        if found is not None and found.draft == WORDS:
            return
        await asyncio.sleep(0.02)


async def sit(home: Profile, shell: Shell, theme: Theme, what: str) -> int:
    program = Kingfisher(Options(home), theme, shell, key=furniture.KEY)
    running = asyncio.get_running_loop().create_task(program.run())
    await program.ready.wait()
    assert program.signed_in is not None
    if what == "known":
        print(*vars(QtWidgets), flush=True)
        program.quit()
    elif what == "write":
        program.signed_in.window.open_conversation(JONAS)
        await driving.write(shell, "Message", WORDS)
        await kept(program.signed_in.desk.messenger)
        print("written", flush=True)
    else:
        field = await driving.control(shell, "Message")
        assert isinstance(field, QTextEdit)
        print(field.toPlainText(), flush=True)
        program.quit()
    return await running


def main(folder: str, what: str) -> int:
    home = Profile(Path(folder))
    application = opening.prepare_qt()
    if what == "make":
        return opening.run_on(application, make(home))
    theme = Theme()
    shell = Shell(theme, window_state.load(home.root))
    shell.show()
    with home.lock():
        return opening.run_on(application, sit(home, shell, theme, what))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
