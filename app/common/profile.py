"""One installation's folder: where its files are, how they are replaced, and the lock that one process holds."""

import contextlib
import os
import stat
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Final

from app.common import errors, locking

LONGEST_SOCKET: Final = 100  # bytes; a socket's name ends at 104 on macOS and at 108 on Linux


class Profile:
    """The paths of a profile; everything in it belongs to one account on one device."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def store(self) -> Path:
        """The encrypted database."""
        return self.root / "store.db"

    @property
    def keyslots(self) -> Path:
        """Wrapped copies of the profile key."""
        return self.root / "keyslots"

    @property
    def settings(self) -> Path:
        """Settings that may be read before the store is unlocked."""
        return self.root / "settings.json"

    @property
    def log(self) -> Path:
        return self.root / "log" / "kingfisher.log"

    @property
    def exists(self) -> bool:
        """True once an account was made here."""
        return self.keyslots.exists()

    @property
    def socket(self) -> Path:
        """Where the process that has the profile listens for commands.

        Beside the profile unless the path is too long for a socket's name: then under a name made from it, in a folder
        of the user's own.
        """
        near = self.root / "control.sock"
        if len(os.fsencode(near)) <= LONGEST_SOCKET:
            return near
        # Here and not above: the window's first paint waits for what this module imports.
        import hashlib
        import tempfile

        name = hashlib.sha256(os.fsencode(self.root.resolve())).hexdigest()[:20]
        owner = os.getuid() if hasattr(os, "getuid") else 0
        within = Path(f"kingfisher-{owner}", f"{name}.sock")
        for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()):
            if base and len(os.fsencode(base / within)) <= LONGEST_SOCKET:
                return base / within
        return Path("/tmp") / within  # noqa: S108 - every Unix has it, and `prepare` asks whose the folder is

    def prepare(self) -> None:
        """Make the folder, for its owner alone.

        Raises errors.GiveUp (``unsafe_folder``) when the socket would lie where others can put theirs.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        if self.socket.parent != self.root and not _private(self.socket.parent):
            raise errors.GiveUp("unsafe_folder")

    @contextlib.contextmanager
    def lock(self) -> Generator[None]:
        """Hold the profile; raises errors.AgainLater (``profile_in_use``) while another process has it.

        The lock ends with the process, however it ends.
        """
        self.prepare()
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            if not locking.try_lock(file.fileno()):
                raise errors.AgainLater("profile_in_use")
            yield


def default_root() -> Path:
    """The profile used when none is named."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home())
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "kingfisher"


def _private(folder: Path) -> bool:
    """Whether it is a folder of our own that nobody else may enter; the temporary one is shared with others."""
    if not hasattr(os, "getuid"):
        return True
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def write_whole(path: Path, data: bytes) -> None:
    """Replace a small file so that after a crash either the old or the new one is there; mode 0600."""
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
