"""The window around the pages: the art beside them, and what it ended with."""

import asyncio
import logging
from typing import Final

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from app.client.arrival import Opened
from app.common.tasks import TaskOwner
from app.ui import tokens
from app.ui.onboarding.art import Art
from app.ui.onboarding.page import Page
from app.ui.theme import Theme

log = logging.getLogger(__name__)

_NARROW: Final = 600  # px of the design; below, the art gives way


class Frame(QWidget):
    """A window of 720 x 560 with one page at a time, or as large as whatever it is put into."""

    def __init__(self, theme: Theme, steps: int) -> None:
        super().__init__()
        self._theme = theme
        self._tasks = TaskOwner("first window")
        self._result: asyncio.Future[Opened | None] | None = None
        self._painted = False
        self._art = Art(theme, steps)
        self._pages = QStackedWidget()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._art)
        row.addWidget(self._pages, 1)
        self.setWindowTitle("Kingfisher")
        self.setMinimumSize(*(round(each) for each in tokens.numbers("layout.window.minimum")))
        wanted = QSize(*(theme.px(each) for each in tokens.numbers("layout.firstRun")))
        self.resize(wanted.boundedTo(QGuiApplication.primaryScreen().availableSize()))

    def add_page(self, page: Page) -> None:
        """Take it in, behind the one in front."""
        self._pages.addWidget(page)

    def show_page(self, page: Page) -> None:
        """Bring it to the front."""
        self._art.show_step(page.step)
        self._pages.setCurrentWidget(page)
        page.opened()

    def started(self) -> None:
        """The window is on the screen."""
        front = self._pages.currentWidget()
        if isinstance(front, Page):
            front.opened()

    def closed(self) -> Opened | None:
        """What it means when somebody closes the window."""
        return None

    async def outcome(self) -> Opened | None:
        """Show it until it has led somewhere, or was closed: then it is what ``closed`` says."""
        self._result = asyncio.get_running_loop().create_future()
        self.show()
        self.raise_()
        self.activateWindow()
        self.started()
        try:
            return await self._result
        finally:
            await self._tasks.close()
            self.hide()
            self.deleteLater()

    def end(self, opened: Opened | None) -> None:
        """It has led there."""
        if self._result is not None and not self._result.done():
            self._result.set_result(opened)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.end(self.closed())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # Once all that lies upon it is painted too; whoever tries an installation waits for this line.
            QTimer.singleShot(0, self, lambda: log.info("the first page is on the screen"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._art.setVisible(self.width() >= self._theme.px(_NARROW))
