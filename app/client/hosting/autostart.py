"""A command that runs when this user logs in: an XDG autostart entry, a launch agent, or a value under Run."""

import os
import plistlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from app.common import errors, profile

NAME: Final = "kingfisher-relay"
LABEL: Final = "Kingfisher relay"


class Entry(Protocol):
    """One command; none of its calls minds being made twice."""

    def exists(self) -> bool: ...

    def put(self) -> None: ...

    def remove(self) -> None: ...


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file that the system reads at log-in."""

    path: Path
    data: bytes

    def exists(self) -> bool:
        return self.path.exists()

    def put(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        profile.write_whole(self.path, self.data)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def entry(command: Sequence[str]) -> Entry:
    """The one of this system."""
    if sys.platform == "win32":
        return _RunValue(subprocess.list2cmdline(command))
    if sys.platform == "darwin":
        agent = {"Label": f"org.{NAME}", "ProgramArguments": list(command), "RunAtLoad": True}
        folder = Path.home() / "Library" / "LaunchAgents"
        return FileEntry(folder / f"org.{NAME}.plist", plistlib.dumps(agent))
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "autostart"
    return FileEntry(folder / f"{NAME}.desktop", desktop_file(command).encode())


def desktop_file(command: Sequence[str]) -> str:
    """An autostart entry (Desktop Entry Specification, the Exec key)."""
    line = " ".join(quoted(word) for word in command)
    return f"[Desktop Entry]\nType=Application\nName={LABEL}\nExec={line}\nTerminal=false\nNoDisplay=true\n"


def quoted(word: str) -> str:
    """One argument of Exec: quoted, then escaped once more as every value of such a file is."""
    if not word.isprintable():
        raise errors.GiveUp("relay_path")
    for character in '\\"`$':
        word = word.replace(character, f"\\{character}")
    return '"' + word.replace("\\", "\\\\").replace("%", "%%") + '"'


if sys.platform == "win32":
    import contextlib
    import winreg

    _RUN: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"

    @dataclass(frozen=True, slots=True)
    class _RunValue:
        """A value under the user's Run key."""

        command: str

        def exists(self) -> bool:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
                try:
                    winreg.QueryValueEx(key, LABEL)
                except FileNotFoundError:
                    return False
                return True

        def put(self) -> None:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN, 0, winreg.KEY_SET_VALUE) as key:
                winreg.SetValueEx(key, LABEL, 0, winreg.REG_SZ, self.command)

        def remove(self) -> None:
            key = winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN, 0, winreg.KEY_SET_VALUE)
            with key, contextlib.suppress(FileNotFoundError):
                winreg.DeleteValue(key, LABEL)
