"""The first two pages: what this is, and how to begin."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent

from app.ui.onboarding.cards import Card, Feature
from app.ui.onboarding.page import Page
from app.ui.onboarding.words import say
from app.ui.theme import Theme
from app.ui.widgets import rings
from app.ui.widgets.buttons import Button, Pressable


class Welcome(Page):
    """What Kingfisher does, in three lines."""

    forward = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            say("Welcome to Kingfisher"),
            say("Private messages for your desktop, without a company in between."),
            display=True,
        )
        features = (
            ("lock", "blue", "Blue is encrypted", "Free between people on Kingfisher. Only you and they can read it."),
            ("server", "green", "A relay of your own", "Run one on this computer, or join the one of people you know."),
            ("key", "grey", "Your keys stay here", "They are made on this computer and never leave it unsealed."),
        )
        for number, (icon, tint, title, text) in enumerate(features):
            self.add(Feature(theme, icon, tint, say(title), say(text)), 20 if number else 32)
        begin = Button(theme, say("Get Started"), "primary", large=True)
        begin.clicked.connect(self.forward)
        self.first = begin
        self.finish(begin, back="")


class Choose(Page):
    """Join, host, or name a relay."""

    join = Signal()
    host = Signal()
    relay = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, say("Welcome to Kingfisher"), say("How would you like to start?"), step=1, display=True)
        joining = Card(theme, say("Join with an invite"), say("Paste or open a link someone gave you."), icon="link")
        hosting = Card(
            theme,
            say("Host here"),
            say("Run a relay on this computer for your family or team. Invite others with a link."),
            icon="server",
        )
        naming = Card(
            theme,
            say("Use a relay’s address"),
            say("Connect to a relay that’s already running."),
            icon="globe",
            tint="grey",
        )
        joining.clicked.connect(self.join)
        hosting.clicked.connect(self.host)
        naming.clicked.connect(self.relay)
        self.first = joining
        self.add(joining, 24)
        self.add(hosting, 10)
        advanced = Disclosure(theme, say("Advanced"))
        self.add(advanced, 18)
        self.add(naming, 10)
        naming.hide()
        advanced.toggled.connect(naming.setVisible)
        self.finish()


class Disclosure(Pressable):
    """Shows and hides what is rarely needed; checked while it shows."""

    def __init__(self, theme: Theme, text: str) -> None:
        self._words = text
        super().__init__(theme, text)
        self.setCheckable(True)
        self.toggled.connect(self.update)

    def outline(self) -> rings.Outline:
        return QRectF(self.rect()), self._theme.size("radius.control")

    def sizeHint(self) -> QSize:
        theme = self._theme
        width = QFontMetrics(theme.font("control")).horizontalAdvance(self._words)
        return QSize(width + theme.px(16 + 4 + 4), max(theme.line("control"), theme.px(20)))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, ink = self._theme, self._theme.palette.blue_text
        painter = QPainter(self)
        side, back = theme.px(16), self.isRightToLeft()
        name = "chevron-down" if self.isChecked() else "chevron-left" if back else "chevron-right"
        at = QPointF(self.width() - side + theme.px(4) if back else -theme.px(4), (self.height() - side) / 2)
        painter.drawPixmap(at, theme.icon(name, ink, 16, self.devicePixelRatio()))
        painter.setFont(theme.font("control"))
        painter.setPen(ink)
        room = self.rect().adjusted(0 if back else side, 0, -side if back else 0, 0)
        side_flag = Qt.AlignmentFlag.AlignRight if back else Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | side_flag, self._words)
