"""What starts when this user logs in: an entry for each profile's window and one for the hosted relay.

Linux takes a desktop entry (XDG autostart specification), Windows a value under the user's ``Run`` key, macOS a launch
agent. The entry is the truth: whoever removes it in the system's own settings has switched this off.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.common import errors, profile

_RUN: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"


class Entry(msgspec.Struct, frozen=True):
    """A command that runs at log-in, under a name of its own; ``lines`` are further ones of a desktop entry.

    None of its calls minds being made twice; each raises errors.GiveUp (``autostart``) where the system refuses.
    """

    name: str
    words: tuple[str, ...]
    lines: tuple[str, ...] = ()

    def exists(self) -> bool:
        """Whether the system will run it at the next log-in."""
        try:
            if sys.platform == "win32":
                return _registered(self.name)
            text = self._file().read_bytes()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise errors.GiveUp("autostart") from error
        # Desktops switch an entry off by a line of their own rather than removing it.
        lines = [line.replace(b" ", b"").lower() for line in text.splitlines()]
        return not any(line in (b"hidden=true", b"x-gnome-autostart-enabled=false") for line in lines)

    def put(self) -> None:
        try:
            if sys.platform == "win32":
                _register(self.name, self.words)
            else:
                self._file().parent.mkdir(parents=True, exist_ok=True)
                profile.write_whole(self._file(), self._content())
        except OSError as error:
            raise errors.GiveUp("autostart") from error

    def remove(self) -> None:
        try:
            if sys.platform == "win32":
                _register(self.name, None)
            else:
                self._file().unlink(missing_ok=True)
        except OSError as error:
            raise errors.GiveUp("autostart") from error

    def _file(self) -> Path:
        if sys.platform == "darwin":
            return Path.home() / "Library" / "LaunchAgents" / f"org.kingfisher.{self.name}.plist"
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return base / "autostart" / f"{self.name}.desktop"

    def _content(self) -> bytes:
        if sys.platform == "darwin":
            import plistlib  # a parser of XML, for this one system

            agent = {"Label": f"org.kingfisher.{self.name}", "ProgramArguments": list(self.words), "RunAtLoad": True}
            return plistlib.dumps(agent)
        head = ("[Desktop Entry]", "Type=Application", f"Exec={line(self.words)}", "Terminal=false")
        return ("\n".join((*head, *self.lines)) + "\n").encode()


def window(root: Path) -> Entry:
    """The one of this profile's window: ``kingfisher`` for the usual profile, others have names beside it."""
    name = "kingfisher"
    if not _usual(root):
        name = f"kingfisher-{hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]}"
    lines = ("Name=Kingfisher", "Comment=Start Kingfisher when you sign in", "Icon=kingfisher")
    return Entry(name, command(root), (*lines, "X-GNOME-Autostart-enabled=true"))


def relay(serve: Sequence[str]) -> Entry:
    """The one of the relay that this user hosts."""
    return Entry("kingfisher-relay", tuple(serve), ("Name=Kingfisher relay", "NoDisplay=true"))


def command(root: Path) -> tuple[str, ...]:
    """The words that start the window over this profile: of the installed program, else of the interpreter."""
    script = Path(sys.executable).with_name("kingfisher.exe" if sys.platform == "win32" else "kingfisher")
    if getattr(sys, "frozen", False):
        words = [sys.executable]
    elif script.is_file():
        words = [str(script)]
    else:
        words = [sys.executable, "-m", "app"]
    if not _usual(root):
        words += ["--profile", str(root.resolve())]
    return tuple(words)


def enabled(root: Path) -> bool:
    """Whether the system will start this profile's window at the next log-in; errors.GiveUp (``autostart``)."""
    return window(root).exists()


def switch(root: Path, on: bool) -> None:
    """Write the window's entry or take it away; doing it twice is no error. Raises errors.GiveUp (``autostart``)."""
    entry = window(root)
    if on:
        entry.put()
    else:
        entry.remove()


def line(words: Sequence[str]) -> str:
    """A command as the value of Exec (Desktop Entry Specification, section The Exec key).

    Raises errors.GiveUp (``autostart``) for a word that no such line can hold.
    """
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    if any(character in word for character in "\n\r\0"):
        raise errors.GiveUp("autostart")
    for character in '\\"`$':
        word = word.replace(character, "\\" + character)
    # Once as an argument, once more as a value of the file's type string; a lone % would begin a field code.
    return '"' + word.replace("\\", "\\\\").replace("%", "%%") + '"'


def _usual(root: Path) -> bool:
    return root.resolve() == profile.default_root().resolve()


if sys.platform == "win32":
    import subprocess
    import winreg

    def _registered(name: str) -> bool:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
            winreg.QueryValueEx(key, name)
        return True

    def _register(name: str, words: Sequence[str] | None) -> None:
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
            if words is not None:
                winreg.SetValueEx(key, name, 0, winreg.REG_SZ, subprocess.list2cmdline(words))
                return
            try:
                winreg.DeleteValue(key, name)
            except FileNotFoundError:
                return
