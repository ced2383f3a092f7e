"""The head of the sidebar: one's own avatar, the title, the menu and the way to a new message."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from app.client import changes
from app.ui.chat_list.face import tr
from app.ui.desk import Desk
from app.ui.widgets import menu as menus
from app.ui.widgets.avatars import Avatar
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import Label

TAKEN: Final = 3  # pixels of its height that the field below takes for its ring


class Header(QWidget):
    """``compose``, ``settings`` and ``invite`` say what was asked for."""

    compose = Signal()
    settings = Signal()
    invite = Signal()
    menu_made = Signal(object)  # the QMenu, before it is shown: whoever knows more may add to it

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = self._theme = desk.theme
        self._messenger = desk.messenger
        me = desk.messenger.me
        self._avatar = Avatar(theme, 28, bytes(me.account), me.name, self)
        title = Label(theme, tr("Messages"), "sidebarTitle", wrap=False)
        self._menu = IconButton(theme, "menu", tr("Menu"), parent=self)
        self._compose = IconButton(theme, "compose", tr("New Message"), shortcut="Ctrl+N", parent=self)
        self._menu.clicked.connect(self.open_menu)
        self._compose.clicked.connect(self.compose)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(0)
        self._row.addWidget(self._avatar)
        self._row.addWidget(title)
        self._row.addStretch(1)
        self._row.addWidget(self._menu)
        self._row.addSpacing(0)
        self._row.addWidget(self._compose)
        self._title = title
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._again)
        desk.bridge.bind(self, changes.ContactsChanged, self._renamed)
        self._again()

    @property
    def last(self) -> QWidget:
        """Where the keyboard leaves it."""
        return self._compose

    def _renamed(self, _: changes.ContactsChanged) -> None:
        me = self._messenger.me
        self._avatar.show_person(bytes(me.account), me.name)

    def open_menu(self) -> QMenu:
        """What is about the program, not about a conversation."""
        menu = menus.make(self._theme, self)
        menu.setAccessibleName(tr("Menu"))
        for words, icon, act in (
            ("New Message", "compose", self.compose),
            ("Invite Someone…", "user-plus", self.invite),
            ("Settings…", "settings", self.settings),
        ):
            action = menus.mark(menu.addAction(tr(words)), icon=icon)
            action.triggered.connect(lambda _=False, act=act: act.emit())
        self.menu_made.emit(menu)
        menu.aboutToHide.connect(menu.deleteLater)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        menu.popup(self._menu.mapToGlobal(QPoint(self._menu.width() if mirrored else 0, self._menu.height())))
        return menu

    def _again(self) -> None:
        px = self._theme.px
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        lead, end = px(16), px(12)
        below = px(TAKEN)  # the field's ring begins above the field
        self._row.setContentsMargins(end if mirrored else lead, below, lead if mirrored else end, 0)
        self._title.setContentsMargins(px(12), 0, px(12), 0)
        gap = self._row.itemAt(4)
        if gap is not None and (spacer := gap.spacerItem()) is not None:
            spacer.changeSize(px(4), 0)
        self.setFixedHeight(self._theme.size("layout.sidebarHeader") - below)
        self._row.invalidate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._again()
