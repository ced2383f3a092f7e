"""Files that nobody but their owner may read, as an operator keeps passwords in."""

import os
from pathlib import Path


def private(path: Path, words: str) -> str:
    """Write one; where it lies."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    path.write_text(words)
    return str(path)
