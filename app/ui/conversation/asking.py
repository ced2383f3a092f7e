"""What the page of a conversation asks before it does it: blocking, deleting a request, following a stranger's link."""

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.ui.content import links
from app.ui.theme import Theme
from app.ui.widgets import dialog
from app.ui.widgets.buttons import Kind


async def block(theme: Theme, over: QWidget, name: str) -> bool:
    """Whether that person is to be blocked."""
    return await _sure(
        theme,
        over,
        _tr("Block {name}?").format(name=name or _tr("this person")),
        _tr("You won’t get their messages any more, and they aren’t told. You can unblock them later."),
        (_tr("Block"), "danger"),
    )


async def delete(theme: Theme, over: QWidget, name: str) -> bool:
    """Whether a stranger's messages are to go."""
    return await _sure(
        theme,
        over,
        _tr("Delete the request of {name}?").format(name=name or _tr("this person")),
        _tr("Their messages are deleted from this device, and they aren’t told. They can write to you again."),
        (_tr("Delete"), "danger"),
    )


async def link(theme: Theme, over: QWidget, url: str) -> bool:
    """Whether a link of somebody whom nobody has accepted is to be followed."""
    return await _sure(
        theme,
        over,
        _tr("Open this link?"),
        _tr("It leads to {host}, and you haven’t accepted whoever sent it.").format(host=links.plain_host(url)),
        (_tr("Open Link"), "primary"),
    )


async def follow(theme: Theme, over: QWidget, url: str) -> None:
    """Open it after a yes."""
    if await link(theme, over, url):
        open_link(url)


def open_link(url: str) -> None:
    """The view lets only http, https and mailto through."""
    QDesktopServices.openUrl(QUrl(url))


async def _sure(theme: Theme, over: QWidget, title: str, words: str, yes: tuple[str, Kind]) -> bool:
    answers: tuple[tuple[object, str, Kind], ...] = ((False, _tr("Cancel"), "secondary"), (True, *yes))
    return await dialog.ask(theme, over, title, words, answers) is True


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
