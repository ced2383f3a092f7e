"""`make screens`: every screen beside its mockup into build/screens, and the list of what differs from the tokens."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import asyncio
import sys
import tempfile
from pathlib import Path

import qasync
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from app.ui.theme import Theme
from tests.screens import measuring
from tests.screens.beside import grabbed, join, mockup, share
from tests.screens.scenes import SCREENS, Screen, stage

FOLDER = Path("build/screens")


async def one(name: str, screen: Screen, mode: str) -> tuple[str, list[str]]:
    """Make one pair; what to print about it, and its measured differences."""
    theme = Theme()
    contrast = "on" if screen.contrast else "off"
    theme.apply(mode="dark" if mode == "dark" else "light", text_size=screen.text_size, contrast=contrast, motion="on")
    with tempfile.TemporaryDirectory() as folder:
        async with stage(Path(folder) / "noor", theme, screen.size, empty=screen.empty) as on:
            shown = await screen.scene(on)
            await on.settle()
            ours = grabbed(shown)
            differences = measuring.differences(on, f"{name}-{mode}", ours)
    theirs = mockup(f"{name}-{mode}")
    join(ours, theirs).save(str(FOLDER / f"{name}-{mode}.png"))
    return f"{name}-{mode}.png  {100 * share(ours, theirs):.1f} % of the pixels differ", differences


async def main(wanted: list[str]) -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for name, screen in SCREENS.items():
        if wanted and not any(name.startswith(each) for each in wanted):
            continue
        for mode in ("light", "dark"):
            said, differences = await one(name, screen, mode)
            print(said, flush=True)
            lines += differences
            for line in differences:
                print(f"  {line}")
    text = "\n".join(lines) or "nothing differs from tokens.json where it is measured"
    (FOLDER / "differences.txt").write_text(text + "\n", encoding="utf-8")
    print(f"{len(lines)} measured differences; pictures and differences.txt are in {FOLDER}/")
    return 0


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
