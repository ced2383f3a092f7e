"""Where the window was, how its panes stood and what the desktop wanted: a small plain file that names nobody."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from app.common import profile

NAME = "window.json"
LARGEST = 65_536


@dataclass(frozen=True, slots=True)
class WindowState:
    """``geometry`` is Qt's own (empty: never shown), ``sidebar`` its width in pixels of the design.

    ``dark`` and ``contrast`` are what the desktop said last where Qt does not ask it: the next window opens so.
    """

    geometry: bytes = b""
    sidebar: int = 320
    details: bool = False
    dark: bool | None = None
    contrast: bool = False


def load(folder: Path) -> WindowState:
    """Of that profile; what cannot be read is as if it had never been written."""
    try:
        data = (folder / NAME).read_bytes()
        found = json.loads(data) if len(data) <= LARGEST else None
    except (OSError, ValueError, RecursionError):
        return WindowState()
    if not isinstance(found, dict):
        return WindowState()
    values = cast("dict[str, Any]", found)
    try:
        geometry = base64.b64decode(str(values.get("geometry", "")), validate=True)
        sidebar = int(values.get("sidebar", 320))
    except (binascii.Error, ValueError, TypeError):
        return WindowState()
    dark = values.get("dark")
    return WindowState(
        geometry,
        max(280, min(400, sidebar)),
        values.get("details") is True,
        dark if isinstance(dark, bool) else None,
        values.get("contrast") is True,
    )


def save(folder: Path, state: WindowState) -> None:
    """Write it whole; a disk that does not take it costs no more than the window's place."""
    values = asdict(state) | {"geometry": base64.b64encode(state.geometry).decode()}
    try:
        profile.write_whole(folder / NAME, json.dumps(values).encode())
    except OSError:
        return  # where it stood is no reason to stop
