"""The tables of docs/architecture.md, as data."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "architecture.md"

_ROW = re.compile(r"^\| ([SRT]\d+) \| (client|relay) \| `([\w.]+)` \|", re.MULTILINE)
_COMMIT = re.compile(r"commit of the client goes through `([\w.]+)`")


@dataclass(frozen=True)
class Row:
    """One step of a message: its number, the process it runs in, and the function."""

    number: str
    process: str
    point: str


def rows(tables: str = "SR") -> list[Row]:
    """The tables of these letters, in their order."""
    every = [Row(*found) for found in _ROW.findall(DOCUMENT.read_text(encoding="utf-8"))]
    return [row for row in every if row.number[0] in tables]


def client_commit() -> str:
    """The function behind every commit of the client; the relay's is in the table."""
    found = _COMMIT.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(found) == 1
    return found[0]
