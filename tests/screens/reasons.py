"""The tokens that no picture of ours can show, each group with the reason; whatever is built is measured instead."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from app.common import resources

_TEXTS = "no conversation by text is among the pairs"
_MEDIA = "pictures, cards and voice are not built"
_CLIPS = "a still picture has no time"
_BY_TYPE = "words about the design, no measure"
REASONS: Mapping[str, str] = {
    "name": _BY_TYPE,
    "version": _BY_TYPE,
    "unit": _BY_TYPE,
    "space": "a scale that the other sizes are chosen from; those that screens use are measured",
    "color.contrast": "measured on every screen by tests/ui/test_contrast.py",
    "color.highContrast": "measured on every screen by tests/ui/test_contrast.py",
    "color.avatarGradients": "golden pictures of rows hold them",
    "color.*.chart": "charts are not built",
    "color.*.map": "maps are not built",
    "color.*.greenFill": _TEXTS,
    "color.*.segmentOn": "under a pointer only",
    "color.*.shadow": "a soft edge has no one pixel; golden pictures hold it",
    "radius.card": _MEDIA,
    "radius.menuItem": "menus open over the window and are no part of its picture",
    "type.family": "the bundled font, held by tests/ui/test_foundation.py",
    "type.fallback": "the bundled font, held by tests/ui/test_foundation.py",
    "type.tabularFigures": "golden pictures of rows hold it",
    "type.amount": _MEDIA,
    "type.*.line": "measured where a second line or a box shows it",
    "type.emojiOnly.bubble": _BY_TYPE,
    "type.scaleSteps": "steps of a choice, not of a picture",
    "type.preview": "measured",
    "bubble.groupWindowSeconds": "a rule of time, not of place",
    "bubble.dateSeparatorAfterMinutes": "a rule of time, not of place",
    "bubble.groupAvatar": "groups are not built",
    "bubble.tail": "shape and path: golden pictures of bubbles hold them",
    "bubble.corners": "measured as radius.bubble and radius.bubbleJoined",
    "bubble.fill": "measured as the colours of bubbles",
    "bubble.tapback.radius": "half its height, under an outline; golden pictures hold it",
    "bubble.tapback.emoji": "in the mockup an emoji of 13 is 16 px wide; it is drawn in 16 to be as large",
    "type.*.tracking": "roles that no screen shows",
    "bubble.tapback.count": "one reaction has no count",
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
    "layout.planStrip": _TEXTS,
    "layout.composerMaxLines": "held by tests/ui/composer",
    "hit.minimum": "a least size; tests/ui/test_walk.py presses what there is",
    "hit.menuItem": "menus open over the window and are no part of its picture",
    "hit.touchMode": "there is no touch mode",
    "icon": "drawn into the files under resources/icons",
    "focusRing.color": "measured with its width",
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
    parts = path.split(".")
    for given, said in REASONS.items():
        wanted = given.split(".")
        if len(wanted) <= len(parts) and all(
            want in ("*", part) or (at == len(wanted) - 1 and part.startswith(want))
            for at, (want, part) in enumerate(zip(wanted, parts, strict=False))
        ):
            return said
    return ""
