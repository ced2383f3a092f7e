"""Reads the stored vectors."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "vectors"


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def cases(name: str) -> list[dict[str, Any]]:
    return read(name)["tests"]


def unhex(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]
