"""Three panes, two, or one: what is in view at each width, and how it is changed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.panes import Panes
from app.ui.theme import Theme
from tests.parts.window import control

NAMES = ("list", "middle", "details")


@pytest.fixture
def panes(qtbot: QtBot, theme: Theme) -> Panes:
    made: list[QWidget] = []
    for name in NAMES:
        pane = QWidget()
        pane.setAccessibleName(name)
        made.append(pane)
    found = Panes(theme, made[0], made[1], made[2], 320)
    qtbot.addWidget(found)
    found.resize(1120, 760)
    found.show()
    return found


def shown(panes: Panes) -> dict[str, tuple[int, int]]:
    """Left edge and width of each pane that can be seen."""
    found = {name: control(panes, name) for name in NAMES}
    return {name: (pane.x(), pane.width()) for name, pane in found.items() if pane.isVisible()}


def test_the_design_at_its_usual_size(panes: Panes) -> None:
    assert shown(panes) == {"list": (0, 320), "middle": (320, 800)}
    panes.set_details(True)
    assert shown(panes) == {"list": (0, 320), "middle": (320, 500), "details": (820, 300)}


def test_below_1020_the_details_lie_over_the_conversation(panes: Panes) -> None:
    panes.set_details(True)
    panes.resize(1000, 760)
    assert shown(panes) == {"list": (0, 320), "middle": (320, 680), "details": (700, 300)}


def test_below_720_there_is_one_at_a_time(panes: Panes) -> None:
    panes.resize(600, 760)
    assert shown(panes) == {"list": (0, 600)}
    panes.set_front(True)
    assert shown(panes) == {"middle": (0, 600)}
    panes.set_details(True)
    assert shown(panes) == {"details": (0, 600)}
    panes.set_details(False)
    panes.set_front(False)
    assert shown(panes) == {"list": (0, 600)}


def test_large_text_counts_as_a_narrow_window(panes: Panes, theme: Theme) -> None:
    theme.apply(mode="light", text_size=200, contrast="off", motion="on")
    assert panes.narrow
    assert shown(panes) == {"list": (0, 1120)}


def test_right_to_left_is_the_mirror_image(panes: Panes) -> None:
    panes.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    panes.set_details(True)
    assert shown(panes) == {"list": (800, 320), "middle": (300, 500), "details": (0, 300)}


def test_the_edge_of_the_sidebar_moves_between_its_limits_by_keys_and_by_hand(qtbot: QtBot, panes: Panes) -> None:
    grip = control(panes, "Sidebar width")
    grip.setFocus()
    for _ in range(20):
        qtbot.keyClick(grip, Qt.Key.Key_Right)
    assert panes.sidebar_width == 400
    for _ in range(20):
        qtbot.keyClick(grip, Qt.Key.Key_Left)
    assert panes.sidebar_width == 280
    assert shown(panes)["list"] == (0, 280)


def test_the_conversation_keeps_its_least_width(panes: Panes) -> None:
    for _ in range(20):
        panes.grip.moved.emit(10.0)
    panes.resize(730, 760)
    assert shown(panes)["middle"][1] == 400


def test_what_moves_ends_where_it_should(qtbot: QtBot, panes: Panes, theme: Theme) -> None:
    theme.apply(mode="light", text_size=100, contrast="off", motion="off")
    panes.set_details(True)
    qtbot.waitUntil(lambda: shown(panes).get("details") == (820, 300))
    panes.set_details(False)
    panes.set_details(True)
    qtbot.waitUntil(lambda: shown(panes).get("details") == (820, 300))
    panes.set_details(False)
    qtbot.waitUntil(lambda: "details" not in shown(panes))
    assert shown(panes)["middle"] == (320, 800)
