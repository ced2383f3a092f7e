"""`python -m app.demo`: the window where there is a display, else the same window off the screen, driven and checked.

It ends with 0 only if every message reached exactly the status it should.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from app import sentences
from app.common import clock, errors
from app.common.profile import Profile
from app.demo.people import Failed

SCREENS = Path("build") / "demo"


def main() -> int:
    """0 when every message ended as it should, or the window was closed."""
    parser = argparse.ArgumentParser(prog="python -m app.demo", description="A private relay and people who talk.")
    parser.add_argument("--keep", action="store_true", help="leave the folder with profiles and logs behind")
    parser.add_argument("--headless", action="store_true", help="without any window, only the people")
    parser.add_argument("--off-screen", action="store_true", help="drive the window off the screen, display or not")
    parser.add_argument("--screens", type=Path, default=SCREENS, metavar="DIR", help=f"for pictures ({SCREENS})")
    asked = parser.parse_args()
    if asked.headless:
        return _in_folder(_headless, keep=asked.keep)
    if asked.off_screen or not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return _in_folder(lambda folder: _off_screen(folder, asked.screens), keep=asked.keep)
    from app.demo import window

    return window.show()


def has_display() -> bool:
    """Whether a window would be seen."""
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM")
    )


def _headless(folder: Path) -> bool:
    from app.demo import play

    return asyncio.run(play.play(folder))


def _off_screen(folder: Path, screens: Path) -> bool:
    from app.demo import window

    return window.drive(folder, screens)


def _in_folder(play: Callable[[Path], bool], *, keep: bool) -> int:
    """In a folder of its own, with the time it took and what came of it."""
    folder = Path(tempfile.mkdtemp(prefix="kingfisher-demo-"))
    started = clock.SystemClock().monotonic()
    right = False
    try:
        Profile(folder).prepare()
        right = play(folder)
    except Failed as error:
        print(f"\n{error}")
    except errors.KingfisherError as error:
        print(f"\n{sentences.of(error)}")
    except KeyboardInterrupt:
        print("\nInterrupted.")
    finally:
        if keep:
            print(f"Everything is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    seconds = clock.SystemClock().monotonic() - started
    print(f"\n{'Every' if right else 'NOT EVERY'} message ended as it should ({seconds:.1f} s).")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
