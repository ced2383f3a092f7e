"""A link of a stranger is asked about before it is opened; of anybody else, or when told so, it is not."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from app.ui.widgets.buttons import Button
from tests.parts.window import control, person_of

LINK = "https://xn--exmple-cua.example.com/a"


class Browser(QObject):
    """What the system would have opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))


@pytest.fixture
def browser() -> Iterator[Browser]:
    made = Browser()
    QDesktopServices.setUrlHandler("https", made, "open")
    yield made
    QDesktopServices.unsetUrlHandler("https")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def says(root: QWidget, part: str) -> bool:
    return any(part in each.text() for each in root.findChildren(QLabel) if each.isVisibleTo(root))


async def test_a_stranger_s_link_is_asked_about(desk: Desk, browser: Browser) -> None:
    page = ConversationPage(desk)
    page.resize(800, 700)
    page.show()
    await page.open(person_of("Sara Novak"))
    page.view.link.emit(LINK)
    await until(lambda: says(page, "It leads to xn--exmple-cua.example.com"))
    control(page, "Cancel", Button).click()
    await until(lambda: not says(page, "Open this link?"))
    assert browser.opened == []
    page.view.link.emit(LINK)
    await until(lambda: says(page, "Open this link?"))
    control(page, "Open Link", Button).click()
    await until(lambda: browser.opened == [LINK])
    desk.messenger.settings.change("warn_links", False)
    page.view.link.emit(LINK)
    assert browser.opened == [LINK, LINK]
    desk.messenger.settings.change("warn_links", True)
    await page.open(person_of("Maya Okafor"))
    page.view.link.emit(LINK)
    assert browser.opened == [LINK, LINK, LINK]
    await page.close_down()
    page.close()
