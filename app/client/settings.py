"""Typed user settings: one JSON file in the profile, readable before the store is unlocked, swapped in whole.

No secrets and nothing of a conversation belong here. Each field declares its default and how a settings page shows it:
a new setting is one declaration, and the page, the command line and the checks follow. A setting is declared when the
program heeds it, not before.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from app.client import changes
from app.common import errors, profile
from app.protocol import address

log = logging.getLogger(__name__)

LARGEST_FILE = 65_536

Page = Literal["general", "messages", "privacy"]
Control = Literal["switch", "choice", "slider", "follow", "region"]
FOLLOW = (("system", "Match system"), ("on", "On"), ("off", "Off"))


class Shown(msgspec.Struct, frozen=True):
    """Where and how a page shows one setting.

    ``page`` and ``group`` place it, in the order of declaration; a group's name is its heading, and those of the form
    ``"#1"`` have none. ``label`` and ``help`` are English and go through translation on the screen. ``choices`` are
    the values, each with its words, empty when any value of the type will do. A ``follow`` control is a switch over
    ``FOLLOW``: it holds what the system says until its owner wants something else. ``region`` is a choice of the two
    letters of a country (ISO 3166), or none.
    """

    page: Page
    group: str
    label: str
    help: str = ""
    control: Control = "switch"
    choices: tuple[tuple[Any, str], ...] = ()


def _declared(default: Any, shown: Shown) -> Any:
    return field(
        default=default,
        metadata={"shown": shown, "page": shown.page, "choices": tuple(value for value, _ in shown.choices)},
    )


@dataclass(frozen=True, slots=True)
class Values:
    """Every setting with its default; metadata: ``shown``, and of it ``page`` and ``choices``."""

    theme: str = _declared(
        "system",
        Shown(
            "general",
            "#1",
            "Appearance",
            control="choice",
            choices=(("system", "Match system"), ("light", "Light"), ("dark", "Dark")),
        ),
    )
    text_size: int = _declared(
        100,
        Shown(
            "general",
            "#1",
            "Text size",
            "Applies to messages and lists",
            "slider",
            tuple((size, f"{size} %") for size in (80, 85, 100, 115, 130, 150, 175, 200)),
        ),
    )
    reduce_motion: str = _declared(
        "system", Shown("general", "#1", "Reduce motion", "Replaces movement with short fades", "follow", FOLLOW)
    )
    increase_contrast: str = _declared("system", Shown("general", "#1", "Increase contrast", "", "follow", FOLLOW))
    region: str = _declared(
        "",
        Shown("general", "#2", "Country for phone numbers", "Used for numbers typed without a country code", "region"),
    )
    start_at_login: bool = _declared(False, Shown("general", "#2", "Start when you sign in"))
    start_hidden: bool = _declared(
        False, Shown("general", "#2", "Start in the tray", "Opens no window until you ask for it")
    )
    keep_running: bool = _declared(
        True, Shown("general", "#2", "Keep running in the tray", "Closing the window doesn’t stop new messages")
    )
    notifications: bool = _declared(True, Shown("general", "Notifications", "Show notifications"))
    notification_text: str = _declared(
        "message",
        Shown(
            "general",
            "Notifications",
            "What they show",
            control="choice",
            choices=(("message", "Name and message"), ("name", "Name only"), ("nothing", "Nothing personal")),
        ),
    )
    send_read_receipts: bool = _declared(
        True, Shown("messages", "#1", "Send read receipts", "You can change this in each conversation")
    )
    send_typing: bool = _declared(True, Shown("messages", "#1", "Show when I’m typing"))
    send_as_text: str = _declared(
        "automatic",
        Shown(
            "messages",
            "Text messages",
            "Send as text message",
            "When rich messaging isn’t available, through your relay’s text gateway",
            "choice",
            (("ask", "Ask first"), ("automatic", "Automatically"), ("never", "Never")),
        ),
    )
    found_by: str = _declared(
        "everyone",
        Shown(
            "privacy",
            "#1",
            "Who can find me by my address",
            "People you have accepted always can",
            "choice",
            (("everyone", "Everyone"), ("link", "Only people with my link")),
        ),
    )
    hide_previews: bool = _declared(False, Shown("privacy", "#1", "Hide message text in the sidebar"))
    warn_links: bool = _declared(
        True, Shown("privacy", "#2", "Warn about unknown links", "Asks before it opens a link from someone new")
    )


FIELDS: dict[str, "dataclasses.Field[Any]"] = {each.name: each for each in dataclasses.fields(Values)}


def shown(name: str) -> Shown:
    """How this setting is shown."""
    return cast(Shown, FIELDS[name].metadata["shown"])


class Settings:
    """The settings of one profile; ``publish`` is told which fields changed.

    ``effects`` happen outside the program, such as an entry among what starts with the system: each is done before
    its setting is kept, and what it raises leaves everything as it was.
    """

    def __init__(
        self,
        path: Path,
        publish: Callable[[Sequence[changes.Change]], None],
        effects: Mapping[str, Callable[[Any], None]] | None = None,
    ) -> None:
        self._path = path
        self._publish = publish
        self._effects = effects or {}
        self.values = _load(path)

    def change(self, name: str, value: object) -> None:
        """Set one field and write the file; raises errors.GiveUp (``no_such_setting`` or ``bad_value``)."""
        checked = check(name, value)
        if getattr(self.values, name) == checked:
            return
        if name in self._effects:
            self._effects[name](checked)
        self.values = dataclasses.replace(self.values, **{name: checked})
        text = json.dumps(dataclasses.asdict(self.values), indent=1, sort_keys=True)
        profile.write_whole(self._path, text.encode())
        self._publish([changes.SettingsChanged(frozenset({name}))])


def regions() -> frozenset[str]:
    """What a ``region`` control offers: two letters for each country (ISO 3166)."""
    return address.regions()


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
    if shown(name).control == "region" and fitting and fitting not in regions():
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
