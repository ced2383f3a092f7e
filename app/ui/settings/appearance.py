"""What the settings say about the look, handed to the theme; and the keys that change the size of text."""

from typing import cast

from app.client import settings
from app.client.settings import Settings, Values
from app.ui import theme as look


def apply_settings(theme: look.Theme, values: Values) -> None:
    """Bring the theme to what was chosen; nothing happens when it is there already."""
    theme.apply(
        mode=cast(look.Mode, values.theme),
        text_size=values.text_size,
        contrast=cast(look.Choice, values.increase_contrast),
        motion=cast(look.Choice, values.reduce_motion),
    )


def step_text_size(chosen: Settings, by: int) -> None:
    """One step larger or smaller, as far as there is one; ``by`` 0: back to the usual size."""
    sizes = [int(value) for value, _ in settings.shown("text_size").choices]
    if by == 0:
        chosen.change("text_size", settings.FIELDS["text_size"].default)
        return
    at = sizes.index(chosen.values.text_size) + by
    chosen.change("text_size", sizes[max(0, min(at, len(sizes) - 1))])
