"""What an assistive tool turns over does what a click does; what the program itself sets says nothing."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.ui.chat_list.pills import Pills
from app.ui.theme import Theme
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.segments import Segments
from app.ui.widgets.switch import Switch
from tests.parts.window import control


@pytest.fixture
def box(theme: Theme) -> Iterator[QWidget]:
    made = QWidget()
    yield made
    made.deleteLater()


def toggle(button: QAbstractButton) -> None:
    """As a screen reader does: the first action of its accessible object."""
    reached = QAccessible.queryAccessibleInterface(button)
    assert reached is not None
    actions = reached.actionInterface()
    assert actions is not None
    assert actions.actionNames()[0] == "Toggle"
    actions.doAction("Toggle")


def heard(signal: SignalInstance) -> list[object]:
    """What it says from now on."""
    found: list[object] = []
    signal.connect(lambda value: found.append(value))  # a method of a list has no signature to fit
    return found


def test_a_switch(box: QWidget, theme: Theme) -> None:
    switch = Switch(theme, "Rich messaging", on=True, parent=box)
    clicked = heard(switch.clicked)
    toggle(switch)
    assert clicked == [False]
    toggle(switch)
    assert clicked == [False, True]
    switch.setChecked(False)
    assert clicked == [False, True]
    switch.click()
    assert clicked == [False, True, True]


def test_a_button_that_stays_down(box: QWidget, theme: Theme) -> None:
    button = IconButton(theme, "details", "Details", parent=box)
    button.setCheckable(True)
    clicked = heard(button.clicked)
    button.setChecked(True)
    toggle(button)
    assert clicked == [False]


def test_one_of_several_tells_once(box: QWidget, theme: Theme) -> None:
    segments = Segments(theme, "Text plan", [(1, "Unlimited"), (2, "Limited")], 1)
    segments.setParent(box)
    chosen = heard(segments.chosen)
    toggle(control(segments, "Limited", QAbstractButton))
    assert (chosen, segments.value) == ([2], 2)
    control(segments, "Unlimited", QAbstractButton).click()
    assert (chosen, segments.value) == ([2, 1], 1)


def test_a_filter(box: QWidget, theme: Theme) -> None:
    pills = Pills(theme, "Filters", ["All", "Unread"], box)
    chosen = heard(pills.chosen)
    toggle(pills.pills[1])
    assert (chosen, pills.current) == ([1], 1)
    toggle(pills.pills[1])  # one of them is always on
    assert pills.current == 1
