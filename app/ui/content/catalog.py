"""Which face belongs to which kind of content."""

from typing import Any, Final

from app.content import base
from app.ui.content import card, picture, text
from app.ui.content.base import ContentView, Context, Laid

_VIEWS: Final[tuple[ContentView[Any], ...]] = (text.TextView(), picture.PictureView())
_BY_KIND: Final = {view.kind: view for view in _VIEWS}
_PLAIN: Final[ContentView[Any]] = card.CardView()


def _view(content: base.Content) -> ContentView[Any]:
    return _PLAIN if isinstance(content, base.Unsupported) else _BY_KIND.get(content.kind, _PLAIN)


def lay(content: base.Content, context: Context) -> Laid:
    """Laid out by the face of its kind, or by the plain one."""
    return _view(content).lay(content, context)


def describe(content: base.Content) -> str:
    """In words."""
    return _view(content).describe(content)
