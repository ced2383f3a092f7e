"""The tokens that no picture of ours can show, each group with the reason; whatever is built is measured instead."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from app.common import resources

_MEDIA = "cards, voice and photos among people are not built; pictures by the phone network have a size of their own"
_MAPS = "maps are not built"
_CLIPS = "a still picture has no time"
_BY_TYPE = "words about the design, no measure"
_FONT = "the bundled font, held by tests/ui/test_foundation.py"
REASONS: Mapping[str, str] = {
    "name": _BY_TYPE,
    "version": _BY_TYPE,
    "unit": _BY_TYPE,
    "space.1": "it and space.10 lie within controls and dialogs only, whose whole sizes are measured",
    "space.2": "within controls only, whose whole sizes are measured",
    "color.contrast": "ratios: measured on every screen by tests/ui/test_contrast.py",
    "color.*.chart": "charts are not built",
    "color.*.map": _MAPS,
    "color.*.shadow": "a soft edge has no one pixel; golden pictures hold it",
    "radius.card": _MEDIA,
    "type.family": _FONT,
    "type.fallback": _FONT,
    "type.tabularFigures": "golden pictures of rows hold it",
    "type.amount": _MEDIA,
    "type.*.line": "no screen has a second line or a box of this role",
    "type.emojiOnly.bubble": _BY_TYPE,
    "type.scaleSteps": "steps of a choice, not of a picture",
    "bubble.groupWindowSeconds": "a rule of time, not of place: tests/domain/test_grouping.py holds it",
    "bubble.dateSeparatorAfterMinutes": "a rule of time, not of place: tests/domain/test_grouping.py holds it",
    "bubble.groupAvatar": "groups are not built",
    "bubble.tail": "words; both paths are measured on the design's own drawing",
    "bubble.fill": "words; the colours of bubbles are measured",
    "bubble.tapback.radius": "half its height, under an outline; golden pictures hold it",
    "bubble.tapback.emoji": "in the mockup an emoji of 13 is 16 px wide; it is drawn in 16 to be as large",
    "bubble.newDivider.margin": "on our screen the line follows a date",
    "bubble.photo": _MEDIA,
    "bubble.linkCard": _MEDIA,
    "bubble.locationCard": _MEDIA,
    "bubble.paymentCard": _MEDIA,
    "bubble.pollCard": _MEDIA,
    "bubble.touch": _MEDIA,
    "bubble.sticker": _MEDIA,
    "bubble.voice": _MEDIA,
    "bubble.videoPlay": _MEDIA,
    "layout.breakpoints.rule": _BY_TYPE,
    "layout.composerMaxLines": "held by tests/ui/composer",
    "hit.minimum": "a least size; tests/ui/test_walk.py presses what there is",
    "hit.touchMode": "there is no touch mode",
    "icon.grid": "drawn into the files under resources/icons",
    "icon.stroke": "drawn into the files under resources/icons",
    "icon.caps": "drawn into the files under resources/icons",
    "icon.joins": "drawn into the files under resources/icons",
    "focusRing.shownFor": _BY_TYPE,
    "motion": _CLIPS,
}


def leaves(found: Any = None, path: str = "") -> Iterator[str]:
    """The dotted path of every token; a list is one."""
    found = json.loads(resources.path("tokens.json").read_text("utf-8")) if found is None else found
    if isinstance(found, dict):
        for name, value in cast("dict[str, Any]", found).items():
            yield from leaves(value, f"{path}.{name}".strip("."))
    else:
        yield path


def reason(path: str) -> str:
    """Why it is not measured; "" when there is none."""
    return REASONS.get(_given(path), "")


def _given(path: str) -> str:
    """The first reason's name that fits; "" when there is none."""
    parts = path.split(".")
    for given in REASONS:
        wanted = given.split(".")
        if len(wanted) <= len(parts) and all(
            want in ("*", part) or (at == len(wanted) - 1 and part.startswith(want))
            for at, (want, part) in enumerate(zip(wanted, parts, strict=False))
        ):
            return given
    return ""


def idle(measured: Collection[str]) -> list[str]:
    """The reasons that no token needs any more: all that they excuse is measured."""
    needed = {said for said in (_given(path) for path in leaves() if path not in measured) if said}
    return [given for given in REASONS if given not in needed]
