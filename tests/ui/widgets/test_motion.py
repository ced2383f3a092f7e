"""What glides gets there, whatever kind of number it is aimed at."""

import asyncio

import pytest
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme
from app.ui.widgets.motion import Level


@pytest.mark.parametrize("target", [1, 1.0])
async def test_a_level_reaches_what_it_was_aimed_at(theme: Theme, target: float) -> None:
    theme.apply(mode="light", text_size=100, contrast="off", motion="off")
    widget = QWidget()
    widget.show()
    level = Level(theme, widget, "hover")
    level.aim(target)
    async with asyncio.timeout(10):
        while level.value != target:
            await asyncio.sleep(0.01)
    widget.close()
    widget.deleteLater()
