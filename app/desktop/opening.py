"""From the first instruction to a window in use: Qt alone until the first paint, everything else behind it."""

import builtins
import contextlib
import gc
import json
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from app.common import dumps, errors
from app.desktop import instance
from app.desktop.options import Options

LARGEST_SETTINGS: Final = 65_536
HOOK: Final = "KINGFISHER_PYSIDE_HOOK"  # "1" leaves PySide6's own import in place
FRAME: Final = 0.016  # seconds
BUSY: Final = "Another program has this profile open and shows no window; close it and try again.\n"
# Together a quarter of a second: read on a thread while the frame of the window is on the screen.
LATER: Final = ("asyncio", "app.desktop.loop", "app.client.messenger", "app.desktop.program")


def run(options: Options) -> int:
    """The whole life of the window's process; its exit code."""
    gc.disable()  # nothing of what is read becomes garbage, and the program has its own way to collect
    dumps.leave_none()
    try:
        with instance.claim(options.home, options.link) as outcome:
            if outcome == "ours":
                return _open(options)
            if outcome == "busy":
                sys.stderr.write(BUSY)
            return 0 if outcome == "shown" else 1
    except errors.KingfisherError as error:
        from app import sentences

        sys.stderr.write(f"{sentences.of(error)}\n")
    except OSError as error:
        sys.stderr.write(f"The profile's folder cannot be used: {error.strerror}.\n")
    return 1


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The few settings that the first paint needs, read without the module that knows them all."""

    theme: Any = "system"
    text_size: int = 100
    increase_contrast: Any = "system"
    reduce_motion: Any = "system"
    start_hidden: bool = False


@contextlib.contextmanager
def plain_import() -> Generator[None]:
    """Import Qt without its replacement of ``__import__``.

    It reads and keeps the source of every module imported later, for ``from __feature__ import``, which nobody uses
    here: a quarter of the time of the imports and 11 MB. A later PySide6 may need it, hence the switch.
    """
    before = builtins.__import__
    try:
        yield
    finally:
        if os.environ.get(HOOK) != "1":
            builtins.__import__ = before


def prepare_qt() -> Any:
    """Import Qt and make the application."""
    with plain_import():
        from PySide6.QtCore import Qt
        from PySide6.QtGui import QGuiApplication
        from PySide6.QtWidgets import QApplication

    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    QGuiApplication.setDesktopFileName("kingfisher")
    application = QApplication(sys.argv[:1])
    application.setApplicationName("kingfisher")
    application.setApplicationDisplayName("Kingfisher")
    application.setStyle("Fusion")  # the one style that takes our colours everywhere
    application.setQuitOnLastWindowClosed(False)
    return application


def _open(options: Options) -> int:
    application = prepare_qt()
    from app.ui import window_state
    from app.ui.shell import Shell
    from app.ui.theme import Theme, load_fonts

    chosen = first_look(options.home.settings)
    theme = Theme(bare=True)  # the first paint has no words and no controls
    theme.apply(
        mode=chosen.theme,
        text_size=chosen.text_size,
        contrast=chosen.increase_contrast,
        motion=chosen.reduce_motion,
    )
    state = window_state.load(options.home.root)
    theme.follow_scheme(state.dark)
    theme.follow_contrast(state.contrast)
    shell = Shell(theme, state)
    if not options.home.exists:
        _welcome(shell, theme)
    elif not chosen.start_hidden:
        shell.show()
    import_later(application, lambda: shell.painted or not shell.isVisible())
    load_fonts()

    from app.desktop.program import Kingfisher

    return run_on(application, Kingfisher(options, theme, shell).run())


def _welcome(shell: Any, theme: Any) -> None:
    """The first window of all as it will be, but for its words: they come with the rest of the program."""
    from PySide6.QtWidgets import QHBoxLayout, QWidget

    from app.ui import tokens
    from app.ui.onboarding.art import STEPS, Art

    frame = QWidget()
    row = QHBoxLayout(frame)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(Art(theme, STEPS))
    row.addStretch(1)
    shell.fit(*tokens.numbers("layout.firstRun"))
    shell.fill(frame, bare=True)
    shell.show()


def run_on(application: Any, work: Coroutine[Any, Any, int]) -> int:
    """Run it on an event loop over Qt's; what it returns."""
    from app.desktop.loop import Loop
    from app.ui.garbage import Garbage

    loop: Any = Loop(application)
    garbage = Garbage(application)
    try:
        with loop:
            return int(loop.run_until_complete(work))
    finally:
        garbage.end()


def import_later(application: Any, painted: Callable[[], bool] = lambda: True) -> None:
    """Read the rest of the program on a thread, while this one paints and answers its user."""
    while not painted():
        application.processEvents()
    failed: list[BaseException] = []

    def read() -> None:
        import importlib

        try:
            for name in LATER:
                importlib.import_module(name)
        except ImportError as error:
            failed.append(error)

    reader = threading.Thread(target=read, name="imports")
    reader.start()
    while reader.is_alive():
        application.processEvents()
        reader.join(FRAME)
    if failed:
        raise failed[0]


def first_look(path: Path) -> FirstLook:
    """From the settings file; what is not there or not of its kind is as usual."""
    try:
        data = path.read_bytes()
        stored: object = json.loads(data) if len(data) <= LARGEST_SETTINGS else None
    except (OSError, ValueError, RecursionError):
        return FirstLook()
    if not isinstance(stored, dict):
        return FirstLook()
    values = cast("dict[str, Any]", stored)
    usual = FirstLook()
    kept = {name: values[name] for name in FirstLook.__slots__ if type(values.get(name)) is type(getattr(usual, name))}
    return FirstLook(**kept)
