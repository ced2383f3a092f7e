"""The relay's folder as the system has it: what cannot be read or written there ends in a sentence."""

import contextlib
from collections.abc import Generator
from pathlib import Path

from app.common import errors


@contextlib.contextmanager
def usable(path: Path) -> Generator[None]:
    """GiveUp ``unusable_folder`` with the system's words where ``path`` cannot be used."""
    try:
        yield
    except OSError as error:
        raise errors.GiveUp("unusable_folder", f"{error.strerror or type(error).__name__}: {path}") from error
