"""The list of what can be said, and the way from a content to bytes and back."""

import re
from typing import Final

from app.common import errors
from app.content import annotations, base, picture, text

MESSAGES: Final[tuple[type[base.Form], ...]] = (text.Text, picture.Picture)
ANNOTATIONS: Final[tuple[type[base.Form], ...]] = (
    annotations.Reaction,
    annotations.Edit,
    annotations.Retraction,
    annotations.Response,
    annotations.Receipt,
)
ABOUT: Final[tuple[type[base.Form], ...]] = (annotations.Profile,)
OWN: Final[tuple[type[base.Form], ...]] = (annotations.ReadMark, annotations.Setting)
LINK: Final[tuple[type[base.Form], ...]] = (annotations.Repeat, annotations.Nothing, annotations.Reset)
TYPES: Final = MESSAGES + ANNOTATIONS + ABOUT + OWN + LINK

_BY_KIND: Final = {form.kind: form for form in TYPES}
_KIND: Final = re.compile(r"[a-z][a-z0-9_/.-]{0,31}")
# Every version can read these: words beside them would only double their size.
_EVERYWHERE: Final = frozenset({text.Text.kind})


def encode(content: base.Content) -> tuple[str, bytes]:
    """Kind and body; raises errors.Malformed for what ``decode`` would refuse elsewhere."""
    raw = content.to_wire()
    decode(content.kind, raw)
    return content.kind, raw


def fallback(content: base.Content) -> str:
    """The words to put beside the body for versions that do not know this kind; at most base.FALLBACK characters."""
    return "" if content.kind in _EVERYWHERE else content.as_text()[: base.FALLBACK]


def decode(kind: str, raw: bytes, fallback: str = "") -> base.Content:
    """A content value, or Unsupported with bytes and fallback kept.

    Raises errors.Malformed, and nothing else, for a known kind with a body that does not fit, for anything too large,
    and for what is no kind at all.
    """
    form = _BY_KIND.get(kind)
    if form is not None:
        return form.from_wire(raw)
    if not _KIND.fullmatch(kind):
        raise errors.Malformed("bad_kind")
    if len(raw) > base.BODY or len(fallback) > base.FALLBACK:
        raise errors.Malformed("too_large")
    return base.Unsupported(kind, raw, fallback)
