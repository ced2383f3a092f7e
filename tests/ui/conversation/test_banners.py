"""The strip about the connection: its words for every state, and its way to try at once."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.client import connectivity
from app.client.connectivity import Connectivity
from app.ui.conversation import banners
from app.ui.conversation.banners import ConnectionBanner
from app.ui.desk import Desk
from app.ui.widgets.labels import Label
from tests.parts.waiting import until
from tests.parts.window import NOW, control


@pytest.mark.parametrize(
    ("state", "words", "retry"),
    [
        (Connectivity("connected"), None, False),
        (Connectivity("connecting"), None, False),
        (Connectivity("connecting", "unreachable"), "Can’t reach the relay. Trying again…", False),
        (
            Connectivity("offline", "unreachable", NOW + 8_000),
            "Can’t reach the relay. Trying again in 8 s.",
            True,
        ),
        (Connectivity("offline", "unreachable", NOW - 1), "Can’t reach the relay. Trying again in 1 s.", True),
        (Connectivity("offline"), "You’re offline. Messages will be sent when you reconnect.", True),
    ],
)
def test_words_for_every_state(state: Connectivity, words: str | None, retry: bool) -> None:
    found = banners.notice(state, NOW)
    assert (found.words if found else None) == words
    assert (found.retry if found else False) is retry


def test_a_refusal_says_why() -> None:
    found = banners.notice(Connectivity("refused", "copied", final=True), NOW)
    assert found is not None
    assert found.words
    assert "copied" not in found.words.split()[:1]
    assert not found.retry


async def test_it_is_there_while_offline_and_tries_when_asked(desk: Desk) -> None:
    strip = ConnectionBanner(desk)
    strip.resize(600, 36)
    strip.show()
    strip.look()
    assert strip.isVisible()
    assert [each.text() for each in strip.findChildren(Label)] == [
        "You’re offline. Messages will be sent when you reconnect."
    ]
    QTest.mouseClick(control(strip, "Retry Now"), Qt.MouseButton.LeftButton)
    await until(lambda: connectivity.of(desk.messenger).retry_at is not None)
    await until(lambda: "Trying again in" in strip.findChildren(Label)[0].text())
    strip.hide()
    strip.deleteLater()
