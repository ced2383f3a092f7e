"""Starting the window when its user signs in: one entry for each profile, as the operating system wants it.

Linux takes a desktop entry (XDG autostart specification), Windows a value under the user's ``Run`` key, macOS a launch
agent. The entry is the truth: whoever removes it in the system's own settings has switched this off.
"""

import hashlib
import os
import plistlib
import sys
from pathlib import Path
from typing import Final

from app.common import errors, profile

_RUN: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"


def command(root: Path) -> list[str]:
    """The words that start the window over this profile: of the installed program, else of the interpreter."""
    script = Path(sys.executable).with_name("kingfisher.exe" if sys.platform == "win32" else "kingfisher")
    if getattr(sys, "frozen", False):
        words = [sys.executable]
    elif script.is_file():
        words = [str(script)]
    else:
        words = [sys.executable, "-m", "app"]
    if root.resolve() != profile.default_root().resolve():
        words += ["--profile", str(root.resolve())]
    return words


def enabled(root: Path) -> bool:
    """Whether the system will start this profile's window at the next log-in."""
    if sys.platform == "win32":
        return _registered(_name(root))
    try:
        text = _file(root).read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise errors.GiveUp("autostart") from error
    # Desktops switch an entry off by a line of their own rather than removing it.
    lines = [line.replace(b" ", b"").lower() for line in text.splitlines()]
    return not any(line in (b"hidden=true", b"x-gnome-autostart-enabled=false") for line in lines)


def switch(root: Path, on: bool) -> None:
    """Write the entry or take it away; doing it twice is no error. Raises errors.GiveUp (``autostart``)."""
    try:
        if sys.platform == "win32":
            _register(_name(root), command(root) if on else None)
        elif on:
            file = _file(root)
            file.parent.mkdir(parents=True, exist_ok=True)
            profile.write_whole(file, _content(root, command(root)))
        else:
            _file(root).unlink(missing_ok=True)
    except OSError as error:
        raise errors.GiveUp("autostart") from error


def _name(root: Path) -> str:
    """``kingfisher`` for the usual profile; another one has a name of its own beside it."""
    if root.resolve() == profile.default_root().resolve():
        return "kingfisher"
    return f"kingfisher-{hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]}"


def _file(root: Path) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents" / f"org.kingfisher.{_name(root)}.plist"
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "autostart" / f"{_name(root)}.desktop"


def _content(root: Path, words: list[str]) -> bytes:
    """A launch agent or a desktop entry; quoting as in the Desktop Entry Specification, section The Exec key."""
    if sys.platform == "darwin":
        agent = {"Label": f"org.kingfisher.{_name(root)}", "ProgramArguments": words, "RunAtLoad": True}
        return plistlib.dumps(agent)
    line = " ".join(_quoted(word) for word in words)
    lines = (
        "[Desktop Entry]",
        "Type=Application",
        "Name=Kingfisher",
        "Comment=Start Kingfisher when you sign in",
        f"Exec={line}",
        "Icon=kingfisher",
        "Terminal=false",
        "X-GNOME-Autostart-enabled=true",
    )
    return ("\n".join(lines) + "\n").encode()


def _quoted(word: str) -> str:
    if any(character in word for character in "\n\r\0"):
        raise errors.GiveUp("autostart")
    for character in '\\"`$':
        word = word.replace(character, "\\" + character)
    # Once as an argument, once more as a value of the file's type string; a lone % would begin a field code.
    return '"' + word.replace("\\", "\\\\").replace("%", "%%") + '"'


if sys.platform == "win32":
    import subprocess
    import winreg

    def _registered(name: str) -> bool:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
                winreg.QueryValueEx(key, name)
        except FileNotFoundError:
            return False
        return True

    def _register(name: str, words: list[str] | None) -> None:
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
            if words is not None:
                winreg.SetValueEx(key, name, 0, winreg.REG_SZ, subprocess.list2cmdline(words))
                return
            try:
                winreg.DeleteValue(key, name)
            except FileNotFoundError:
                return
