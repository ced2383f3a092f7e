"""Typed user settings: one JSON file in the profile, readable before the store is unlocked, swapped in whole.

No secrets and nothing of a conversation belong here. Each field declares its default, its choices and a label key,
so that a settings page can be built from the declaration.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from app.client import changes
from app.common import errors, profile

log = logging.getLogger(__name__)

LARGEST_FILE = 65_536


def _declared(default: Any, *, page: str, choices: Sequence[Any] = ()) -> Any:
    return field(default=default, metadata={"page": page, "choices": tuple(choices)})


@dataclass(frozen=True, slots=True)
class Values:
    """Every setting with its default; metadata: ``page`` it is shown on, ``choices`` where the values are few."""

    send_read_receipts: bool = _declared(True, page="privacy")
    send_typing: bool = _declared(True, page="privacy")
    found_by: str = _declared("everyone", page="privacy", choices=("everyone", "link"))
    language: str = _declared("system", page="general")
    theme: str = _declared("system", page="general", choices=("system", "light", "dark"))
    text_size: int = _declared(100, page="general", choices=(80, 90, 100, 110, 125, 150, 175, 200))
    start_hidden: bool = _declared(False, page="general")
    region: str = _declared("", page="general")


FIELDS: dict[str, "dataclasses.Field[Any]"] = {each.name: each for each in dataclasses.fields(Values)}


class Settings:
    """The settings of one profile; ``publish`` is told which fields changed."""

    def __init__(self, path: Path, publish: Callable[[Sequence[changes.Change]], None]) -> None:
        self._path = path
        self._publish = publish
        self.values = _load(path)

    def change(self, name: str, value: object) -> None:
        """Set one field and write the file; raises errors.GiveUp (``no_such_setting`` or ``bad_value``)."""
        checked = check(name, value)
        if getattr(self.values, name) == checked:
            return
        self.values = dataclasses.replace(self.values, **{name: checked})
        text = json.dumps(dataclasses.asdict(self.values), indent=1, sort_keys=True)
        profile.write_whole(self._path, text.encode())
        self._publish([changes.SettingsChanged(frozenset({name}))])


def check(name: str, value: object) -> object:
    """A value fit for this field; text as typed on a command line is understood."""
    declared = FIELDS.get(name)
    if declared is None:
        raise errors.GiveUp("no_such_setting")
    kind = cast("type[object]", type(declared.default))
    fitting = _understand(kind, value)
    choices = declared.metadata["choices"]
    if fitting is None or (choices and fitting not in choices) or len(str(fitting)) > 100:
        raise errors.GiveUp("bad_value")
    return fitting


def _understand(kind: type[object], value: object) -> object | None:
    if kind is bool and isinstance(value, str):
        return {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}.get(value.lower())
    if kind is int and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if type(value) is kind else None


def _load(path: Path) -> Values:
    """Read the file; what is damaged or no longer known falls back to its default and is said in the log."""
    try:
        data = path.read_bytes()[: LARGEST_FILE + 1]
        found = json.loads(data) if len(data) <= LARGEST_FILE else None
    except FileNotFoundError:
        return Values()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        log.warning("the settings file is damaged; defaults are used")
        return Values()
    good: dict[str, Any] = {}
    for name, value in cast("dict[str, object]", found).items():
        try:
            good[name] = check(name, value)
        except errors.GiveUp:
            log.info("a setting of another version was left out")
    return Values(**good)
