"""Bearer, plan and prices in light and dark, at 200 % and from right to left: nothing is cut, or over something else.

What is painted is looked at, not what widgets say of themselves.
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QScrollArea, QWidget

from app.domain.plan import Kind
from app.ui.theme import Mode, Theme
from tests.parts.waiting import until
from tests.parts.window import control
from tests.screens import scenes
from tests.screens.drawn import Drawn, drawn

LEFT, RIGHT = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft
PLAN = {"88 of 100 texts used", "Resets 1 December", "£0.40 each", "Per message", "Ask first"}
ELLIPSIS = "…"
SLACK = 1.5  # pixels: ink of two lines may touch
MODES: tuple[Mode, ...] = ("light", "dark")
LOOKS = [
    pytest.param(200, RIGHT, id="200-rtl"),  # where least fits
    *(
        pytest.param(size, way, id=f"{size}-{'rtl' if way is RIGHT else 'ltr'}", marks=pytest.mark.long)
        for size, way in ((100, LEFT), (100, RIGHT), (200, LEFT))
    ),
]


def written(root: QWidget) -> list[Drawn]:
    return [each for each in drawn(root) if each.kind == "text"]


def cut(runs: Sequence[Drawn]) -> Iterator[str]:
    """Shortened with an ellipsis, or over the edge of what holds it."""
    for run in runs:
        whole = run.widget.accessibleName() or run.words
        if run.words.rstrip().endswith(ELLIPSIS) and run.words.rstrip() not in whole:
            yield f"shortened: {run}"
        wide = run.box.width() - run.shown.width()
        high = 0.0 if _scrolled(run.widget) else run.box.height() - run.shown.height()
        if wide > SLACK or high > SLACK:
            yield f"over an edge: {run}"


def _scrolled(widget: QWidget) -> bool:
    """Within what may go on below its edge."""
    above: QWidget | None = widget
    while above is not None and not isinstance(above, QAbstractScrollArea):
        above = above.parentWidget()
    return above is not None


def over(runs: Sequence[Drawn]) -> Iterator[str]:
    """Two pieces of writing in one place."""
    for one, two in itertools.combinations(runs, 2):
        both = one.shown.intersected(two.shown)
        if both.width() > SLACK and both.height() > SLACK:
            yield f"{one} and {two}"


def bad(root: QWidget) -> list[str]:
    runs = written(root)
    return [*cut(runs), *over(runs)]


def page_of(widget: QWidget) -> QScrollArea:
    above: QWidget | None = widget
    while not isinstance(above, QScrollArea):
        assert above is not None
        above = above.parentWidget()
    return above


def seen_through(root: QWidget, page: QScrollArea) -> tuple[str, list[str]]:
    """All that is read while a page is scrolled from its head to its end, and all that is wrong on the way."""
    bar, told, wrong = page.verticalScrollBar(), list[str](), list[str]()
    for at in range(0, bar.maximum() + bar.pageStep(), max(1, bar.pageStep() // 2)):
        bar.setValue(min(at, bar.maximum()))
        QApplication.sendPostedEvents()
        told.append(words(root))
        wrong += bad(root)
    return " ".join(told), wrong


def look(theme: Theme, shell: QWidget, mode: Mode, size: int, way: Qt.LayoutDirection) -> None:
    theme.apply(mode=mode, text_size=size, contrast="off", motion="on")
    shell.setLayoutDirection(way)


def words(root: QWidget) -> str:
    return " ".join(" ".join(run.words for run in written(root)).split())


@pytest.mark.parametrize(("size", "way"), LOOKS)
async def test_the_green_conversation_shows_all_of_bearer_plan_and_price(
    tmp_path: Path, theme: Theme, size: int, way: Qt.LayoutDirection
) -> None:
    async with scenes.stage(tmp_path / "noor", theme, (1120, 1200)) as on:
        look(theme, on.shell, "light", size, way)
        await scenes.green(on)
        await on.settle()
        page = next(each for each in on.window.findChildren(QWidget) if type(each).__name__ == "ConversationPage")
        await until(lambda: "12 of 100 left this month" in words(page))
        parts = {"Text message · +44 7700 900142", "100-text plan", "88 used, 12 left", "sender not proven"}
        beside = {"Resets 1 December", "102 characters left · £0.00 in plan"} if size == 100 else set[str]()
        assert {part for part in parts | beside if part not in words(page)} == set()
        for mode in MODES:
            look(theme, on.shell, mode, size, way)
            assert bad(page) == []
        await on.desk.messenger.plan.change(kind=Kind.PAY, price=12, currency="GBP")
        await until(lambda: "Pay per text" in words(page) and "Text message · £0.12" in words(page))
        assert bad(page) == []


@pytest.mark.parametrize(("size", "way"), LOOKS)
async def test_the_settings_of_messages_show_all_of_the_plan(
    tmp_path: Path, theme: Theme, size: int, way: Qt.LayoutDirection
) -> None:
    async with scenes.stage(tmp_path / "noor", theme, (1120, 1200)) as on:
        look(theme, on.shell, "light", size, way)
        dialog = await scenes.settings("messages")(on)
        await on.settle()
        meter = control(dialog, "Texts used")
        await until(lambda: bool(meter.accessibleDescription()))
        told, wrong = seen_through(dialog, page_of(meter))
        assert wrong == []
        look(theme, on.shell, "dark", size, way)
        assert seen_through(dialog, page_of(meter)) == (told, [])
        beside = {"100 texts from day 1"} if size == 100 else set[str]()  # the page behind it says it too
        assert {part for part in PLAN | beside if part not in told} == set()
