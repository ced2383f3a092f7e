"""`make screens`: every screen beside its mockup into build/screens, and the list of what differs from the tokens."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

import qasync
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication

from app.ui.theme import Theme
from tests.screens import colors, measuring, reasons
from tests.screens.beside import grabbed, join, mockup, share
from tests.screens.board import Board, Reading
from tests.screens.scenes import BARE, SCREENS, Screen, stage

FOLDER = Path("build/screens")


async def one(name: str, screen: Screen, mode: str) -> tuple[str, list[Reading]]:
    """Make one pair; what to print about it, and what was measured."""
    theme = Theme()
    contrast = "on" if screen.contrast else "off"
    direction = Qt.LayoutDirection.RightToLeft if screen.mirrored else Qt.LayoutDirection.LeftToRight
    QApplication.setLayoutDirection(direction)
    theme.apply(mode="dark" if mode == "dark" else "light", text_size=screen.text_size, contrast=contrast, motion="on")
    with tempfile.TemporaryDirectory() as folder:
        async with stage(Path(folder) / "noor", theme, screen.size, empty=screen.empty) as on:
            shown = await screen.scene(on)
            await on.settle()
            ours, board = grabbed(shown), Board(on, f"{name}-{mode}", shown, mirrored=screen.mirrored)
            for measure in measuring.MEASURES.get(name, ()):
                try:
                    measure(board)
                except (LookupError, StopIteration, ValueError) as error:
                    board.say(measure.__name__, "there", repr(error), "what was to be measured")
            await colors.read(board)
    if name in BARE:
        ours.save(str(FOLDER / f"{name}-{mode}.png"))
        return f"{name}-{mode}.png", board.readings
    theirs = mockup(f"{name}-{mode}")
    join(ours, theirs).save(str(FOLDER / f"{name}-{mode}.png"))
    return f"{name}-{mode}.png  {100 * share(ours, theirs):.1f} % of the pixels differ", board.readings


def unmeasured(readings: list[Reading]) -> tuple[list[str], list[str]]:
    """The tokens without a reading: those with a reason, said, and what is wrong with the reasons."""
    measured = {each.token for each in readings}
    left = [path for path in reasons.leaves() if path not in measured]
    told = Counter(reasons.reason(path) for path in left)
    wrong = [f"{path}: neither measured nor excused" for path in left if not reasons.reason(path)]
    wrong += [f"{given}: excused, though all of it is measured" for given in reasons.idle(measured)]
    return [f"{count} tokens: {said}" for said, count in told.items() if said], wrong


def report(readings: list[Reading], *, whole: bool) -> int:
    """Print and keep the list; how much is wrong."""
    wrong = [each for each in readings if not each.holds]
    lines = ["token | wanted | measured | where | holds"]
    lines += [
        f"{each.token} | {each.wanted} | {each.got} | {each.where} | {'yes' if each.holds else 'NO'}"
        for each in readings
    ]
    told, untold = unmeasured(readings) if whole else ([], [])
    lines += ["", *told, *untold]
    (FOLDER / "measured.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for each in wrong:
        print(f"  {each.token}: wanted {each.wanted}, measured {each.got} ({each.where})")
    for path in untold:
        print(f"  {path}")
    tokens = len({each.token for each in readings})
    print(f"{len(readings)} readings of {tokens} tokens, {len(wrong)} of them wrong; {FOLDER}/measured.txt lists all")
    return len(wrong) + len(untold)


async def main(wanted: list[str]) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    readings: list[Reading] = []
    for name, screen in {**SCREENS, **BARE}.items():
        if wanted and not any(name.startswith(each) for each in wanted):
            continue
        for mode in ("light", "dark"):
            said, found = await one(name, screen, mode)
            print(said, flush=True)
            readings += found
    return 1 if report(readings, whole=not wanted) else 0


def run() -> int:
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    application = QApplication(["kingfisher-screens"])
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        return int(loop.run_until_complete(main(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(run())
