"""The screen from right to left: words in the order in which they are read, icons that point to the other side."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.ui.conversation.page import ConversationPage
from app.ui.theme import Theme
from app.ui.widgets.buttons import IconButton
from tests.screens import scenes
from tests.screens.beside import grabbed
from tests.screens.drawn import drawn


async def test_the_time_stands_behind_the_day_as_its_words_are_read(tmp_path: Path, theme: Theme) -> None:
    async with scenes.stage(tmp_path / "noor", theme, (1120, 760)) as on:
        on.shell.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        await scenes.talk(on)
        runs = [each for each in drawn(on.shell) if each.kind == "text" and each.words in ("Today", "9:34")]
    day, time = sorted((each for each in runs if each.size == runs[-1].size), key=lambda each: each.words)[::-1]
    assert (day.words, time.words) == ("Today", "9:34")
    assert day.base == time.base and day.box.right() < time.box.left()


def test_what_points_to_a_side_points_to_the_other_one(theme: Theme) -> None:
    def picture(icon: str, direction: Qt.LayoutDirection) -> QImage:
        host = QWidget()
        button = IconButton(theme, icon, "Named", parent=host)
        button.setLayoutDirection(direction)
        button.resize(button.sizeHint())
        return grabbed(button)

    for icon in ("details", "chevron-left", "reply"):
        plain = picture(icon, Qt.LayoutDirection.LeftToRight)
        assert picture(icon, Qt.LayoutDirection.RightToLeft) == plain.flipped(Qt.Orientation.Horizontal)
    assert picture("search", Qt.LayoutDirection.RightToLeft) == picture("search", Qt.LayoutDirection.LeftToRight)


async def test_a_conversation_that_is_open_turns_round_with_the_screen(tmp_path: Path, theme: Theme) -> None:
    async with scenes.stage(tmp_path / "noor", theme, (1120, 760)) as on:
        await scenes.talk(on)
        view = next(iter(on.window.findChildren(ConversationPage))).view

        def sides() -> set[bool]:
            rows = [each.row for each in view._scene.shown]
            return {each.outgoing is (each.bubble.center().x() > view.viewport().width() / 2) for each in rows}

        assert sides() == {True}
        on.shell.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        await on.settle()
        assert sides() == {False}
