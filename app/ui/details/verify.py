"""The dialog in which two people compare their safety number: digits, the same as a QR code, and a decision."""

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.client.contacts import Card
from app.ui.desk import Desk
from app.ui.details.parts import Digits, lines_of
from app.ui.widgets import avatars, painting
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label
from app.ui.widgets.qr import QrCode

WIDE: Final = 480
TIGHT: Final = 320  # px of the window below which two groups of digits stand on a line
LOW: Final = 430  # px of the window below which the room is for the digits alone
FACE: Final = 48
DASH: Final = 36


class VerifyDialog(Dialog):
    """Marks the person of a card as verified, or takes that back; closed with True, False, or None for later."""

    def __init__(self, desk: Desk, card: Card, parent: QWidget | None = None) -> None:
        theme = desk.theme
        self._desk, self._card = desk, card
        room = parent.window().size() if parent is not None else None
        self._narrow = room is not None and room.width() < theme.px(WIDE + 32)
        super().__init__(theme, QWidget().tr("Verify {name}").format(name=card.name.name), parent)
        side = theme.px(12 if self._narrow else 28)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(side, theme.px(26), side, 0)
        column.setSpacing(0)
        if room is None or (room.height() >= theme.px(LOW) and not self._narrow):
            column.addWidget(_Meeting(desk, card), 0, Qt.AlignmentFlag.AlignHCenter)
            column.addSpacing(theme.px(14))
        column.addWidget(_middle(Label(theme, self.windowTitle(), "title", wrap=True)))
        column.addSpacing(theme.px(4))
        first = (card.name.name.split() or [card.name.name])[0]
        self._sentence = _middle(Label(theme, self._comparing(first), "message", "text_secondary", wrap=True))
        self._warning = _middle(Label(theme, self._warned(first), "message", "red_text", wrap=True))
        self._warning.hide()
        column.addWidget(self._sentence)
        column.addWidget(self._warning)
        column.addSpacing(theme.px(16))
        self._tight = room is not None and room.width() < theme.px(TIGHT)
        self._number = _Number(desk, card.number, narrow=self._narrow, tight=self._tight)
        column.addWidget(self._number, 0, Qt.AlignmentFlag.AlignHCenter)
        self._code = QrCode(theme, self.tr("Safety number as a QR code"), card.number)
        self._code.hide()
        column.addWidget(self._code, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(theme.px(3))
        column.addLayout(self._links())
        self._choices = self._buttons()
        self._over = self._ended()
        whole.addWidget(_Scrolled(body, self.tr("To compare")), 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(side, theme.px(7), side, theme.px(18))
        foot.addWidget(self._choices)
        foot.addWidget(self._over)
        whole.addLayout(foot)

    def sizeHint(self) -> QSize:
        width = self._desk.theme.px(WIDE)
        return QSize(width, self.heightForWidth(width))

    def _comparing(self, first: str) -> str:
        return self.tr(
            "Compare these with {name} in person. If they match on both screens, nobody is in between."
        ).format(name=first)

    def _warned(self, first: str) -> str:
        return self.tr(
            "Then somebody may be in between. Write nothing private here, and ask {name} about it another way."
        ).format(name=first)

    def _links(self) -> QBoxLayout:
        theme = self._desk.theme
        self._show = Button(theme, self.tr("Show QR Code"), "link", icon="qr")
        self._back = Button(theme, self.tr("Show Digits"), "link", icon="key")
        self._back.hide()
        for turn in (self._show, self._back):
            turn.clicked.connect(self._turn)
        copy = Button(theme, self.tr("Copy"), "link", icon="copy")
        copy.clicked.connect(self._copy)
        way = QBoxLayout.Direction.TopToBottom if self._tight else QBoxLayout.Direction.LeftToRight
        row, middle = QBoxLayout(way), Qt.AlignmentFlag.AlignCenter
        row.setSpacing(theme.px(6))
        row.addStretch(1)
        row.addWidget(self._show, 0, middle)
        row.addWidget(self._back, 0, middle)
        if not self._tight:
            row.addWidget(Label(theme, "·", "body", "text_tertiary", wrap=False))
        row.addWidget(copy, 0, middle)
        row.addStretch(1)
        return row

    def _buttons(self) -> QWidget:
        theme = self._desk.theme
        differ = Button(theme, self.tr("They Don’t Match"), "danger")
        differ.clicked.connect(self._differ)
        later = Button(theme, self.tr("Later"))
        later.clicked.connect(lambda: self.end(None))
        same = Button(theme, self.tr("Mark as Verified"), "primary")
        same.clicked.connect(lambda: self._decide(True))
        buttons = QWidget(self)
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight, buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(2))
        row.addWidget(differ)
        row.addStretch(1)
        row.addWidget(later)
        row.addWidget(same)
        if self._narrow:
            row.setDirection(QBoxLayout.Direction.BottomToTop)
        return buttons

    def _turn(self) -> None:
        """Digits or code."""
        code = self._code.isHidden()
        self._code.setVisible(code)
        self._number.setVisible(not code)
        self._show.setVisible(not code)
        self._back.setVisible(code)
        (self._back if code else self._show).setFocus(Qt.FocusReason.OtherFocusReason)
        self.place()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(lines_of(self._card.number))
        self._desk.say(self.tr("Safety number copied"))

    def _ended(self) -> QWidget:
        done = Button(self._desk.theme, self.tr("OK"), "primary")
        done.clicked.connect(lambda: self.end(False))
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(done)
        buttons = QWidget(self)
        buttons.setLayout(row)
        buttons.hide()
        self._done = done
        return buttons

    def _differ(self) -> None:
        """Nothing is trusted any more; what that means is said before the dialog goes."""
        self._desk.bridge.spawn(self, self._mark(False), name="verify")
        for gone, come in ((self._sentence, self._warning), (self._choices, self._over)):
            gone.hide()
            come.show()
        self.place()
        self._done.setFocus(Qt.FocusReason.OtherFocusReason)

    def _decide(self, verified: bool) -> None:
        self._desk.bridge.spawn(self, self._mark(verified), name="verify")
        self.end(verified)

    async def _mark(self, verified: bool) -> None:
        await self._desk.messenger.conversations.set_verified(self._card.person, verified)


def _middle(label: Label) -> Label:
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return label


class _Scrolled(QScrollArea):
    """As high as what is in it where there is room, and scrolled where there is not; the keyboard reaches it then."""

    def __init__(self, body: QWidget, name: str) -> None:
        super().__init__()
        self._body = body
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(body)
        body.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().rangeChanged.connect(self._ranged)

    def heightForWidth(self, arg__1: int) -> int:
        return self._body.heightForWidth(arg__1)

    def sizeHint(self) -> QSize:
        return self._body.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._body.minimumSizeHint().width(), 0)

    def _ranged(self, _: int, most: int) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if most else Qt.FocusPolicy.NoFocus)

    def event(self, arg__1: QEvent) -> bool:
        """What shows or hides inside changes how high it wants to be."""
        if arg__1.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(arg__1)


class _Number(QWidget):
    """The digits on a tint."""

    def __init__(self, desk: Desk, number: str, *, narrow: bool, tight: bool) -> None:
        super().__init__()
        theme = self._theme = desk.theme
        role, spacing = ("heading", 0.2) if narrow else ("sidebarTitle", 1.0)
        digits = Digits(theme, role, "text", line=28, weight=500, spacing=spacing)
        digits.setText(lines_of(number, 2 if tight else 4))
        digits.setAccessibleName(self.tr("Safety number {number}").format(number=lines_of(number)))
        column = QVBoxLayout(self)
        side = theme.px(10 if narrow else 24)
        column.setContentsMargins(side, theme.px(12), side, theme.px(12))
        column.addWidget(digits)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        edge = theme.palette.border if theme.high_contrast else None
        box = QRectF(self.rect())
        painting.surface(QPainter(self), box, theme.size("radius.popover"), theme.palette.field_fill, edge)


class _Meeting(QWidget):
    """Both people with a shield between them; decoration."""

    def __init__(self, desk: Desk, card: Card) -> None:
        super().__init__()
        self._desk, self._card = desk, card
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        px = self._desk.theme.px
        return QSize(2 * px(FACE) + 2 * px(DASH) + px(24) + 2 * px(6) + 2 * px(8), px(FACE))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, me, card = self._desk.theme, self._desk.messenger.me, self._card
        px, colors = theme.px, theme.palette
        painter = QPainter(self)
        face = px(FACE)
        avatars.paint(painter, QRectF(0, 0, face, face), theme, me.account, me.name)
        far = QRectF(self.width() - face, 0, face, face)
        avatars.paint(painter, far, theme, card.conversation, card.name.name)
        middle, half = self.width() / 2, face / 2
        painter.setPen(QPen(colors.control_outline, 2, Qt.PenStyle.CustomDashLine))
        pen = painter.pen()
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        inner, outer = px(12 + 6), px(12 + 6 + DASH)
        for side in (-1, 1):
            painter.drawLine(QPointF(middle + side * inner, half), QPointF(middle + side * outer, half))
        shown = "shield-check" if card.verified else "shield-alert"
        ink = colors.blue_text if card.verified else colors.amber_text
        painter.drawPixmap(round(middle - px(12)), round(half - px(12)), theme.icon(shown, ink, 24))
