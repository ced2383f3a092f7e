"""The design tokens: every number, colour and type size of the design, read once from the resources."""

import functools
import json
from typing import Any, cast

from app.common import resources
from app.common.errors import Broken


@functools.cache
def _tokens() -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(resources.path("tokens.json").read_text("utf-8")))


@functools.cache
def value(path: str) -> Any:
    """What stands at a dotted path, such as ``layout.window.minimum``; Broken (``no_such_token``)."""
    found: Any = _tokens()
    for part in path.split("."):
        if not isinstance(found, dict) or part not in found:
            raise Broken("no_such_token", path)
        found = cast("dict[str, Any]", found)[part]
    return found


@functools.cache
def number(path: str) -> float:
    """A number, in logical pixels or milliseconds; Broken (``no_such_token``)."""
    found = value(path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Broken("no_such_token", path)
    return float(found)


@functools.cache
def numbers(path: str) -> tuple[float, ...]:
    """A list of numbers; Broken (``no_such_token``)."""
    found = value(path)
    if not isinstance(found, list):
        raise Broken("no_such_token", path)
    return tuple(float(each) for each in cast("list[float]", found))


@functools.cache
def text(path: str) -> str:
    """A string; Broken (``no_such_token``)."""
    found = value(path)
    if not isinstance(found, str):
        raise Broken("no_such_token", path)
    return found


def colors(mode: str) -> dict[str, Any]:
    """The colours of one mode: ``light``, ``dark``, ``highContrastLight`` or ``highContrastDark``."""
    return dict(cast("dict[str, Any]", value(f"color.{mode}")))


def avatar_gradients() -> tuple[tuple[str, str], ...]:
    """The ten fills of avatars without a picture, each from top to bottom."""
    return tuple((pair[0], pair[1]) for pair in cast("list[list[str]]", value("color.avatarGradients")))
