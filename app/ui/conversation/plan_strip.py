"""The strip above a green conversation: what the plan for texts has used, what is left, and until when."""

import re
from typing import Final

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.client.routing import Forecast
from app.common import local
from app.domain import plan as plans
from app.ui import format
from app.ui.composer import transport
from app.ui.composer.frame import Glyph
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets import lines, painting
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import ElidedLabel

_DIGITS: Final = re.compile(r"\d+")
_METER: Final = (180, 6)
_WIDEST: Final = 100_000


class PlanStrip(QWidget):
    """44 high. Where it is narrow, what says least goes first: when it begins again, the bar, the plan's name, what is
    used."""

    plan = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = desk.theme
        self._desk, self._theme = desk, theme
        self._glyph = Glyph(theme, "sms", "green_text", 18)
        self._name = _words(theme, weight=600)
        self._meter = Meter(theme)
        self._counts = Counts(theme)
        self._count, self._least = "", ""  # the same in fewer words
        self._resets = _words(theme, color="text_secondary")
        self._open = Button(theme, _tr("Plan…"), "link")
        self._open.clicked.connect(self.plan)
        self._row = QHBoxLayout(self)
        for part in (self._glyph, self._name, self._meter, self._counts, self._resets):
            self._row.addWidget(part)
        self._row.addStretch(1)
        self._row.addWidget(self._open)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def show_plan(self, found: Forecast | None) -> None:
        """As that forecast has it; not there for somebody who is not sent texts, and where nothing is counted."""
        plan = found.plan if found is not None and transport.green(found.choice) else None
        if found is None or plan is None or plan.kind is plans.Kind.UNLIMITED:
            self.hide()
            return
        if plan.kind is plans.Kind.PAY:
            self._show_price(plan)
        else:
            self._show_allowance(found)
        self._fit()
        self.show()

    def _show_price(self, plan: plans.Plan) -> None:
        self._name.setText(_tr("Pay per text"))
        each = _tr("{price} each").format(price=format.money(plan.price, plan.currency))
        self._count = self._least = each if plan.price else _tr("Price unknown")
        self._resets.setText("")
        self._meter.show_share(None)
        self.setAccessibleName(f"{self._name.text()}, {self._count}")

    def _show_allowance(self, found: Forecast) -> None:
        plan, left = found.plan, transport.left_now(found)
        self._name.setText(_tr("{count}-text plan").format(count=plan.allowance))
        self._count = _tr("{used} used, {left} left").format(used=found.used, left=left)
        self._least = _tr("{left} left").format(left=left)
        self._meter.show_share(min(1.0, found.used / plan.allowance) if plan.allowance else 1.0)
        end = plans.period_of(plan, self._desk.now(), local.ZONE).end
        day = format.day_line(end, self._desk.now(), local.ZONE)[0]
        self._resets.setText(_tr("Resets {day}").format(day=day))
        self.setAccessibleName(f"{self._name.text()}, {self._count}, {self._resets.text()}")

    def _fit(self) -> None:
        self._counts.setText(self._count)
        px, optional = self._theme.px, [self._name, self._meter, self._resets]
        wanted = [each for each in optional if each is not self._meter or self._meter.share is not None]
        wanted = [each for each in wanted if not isinstance(each, ElidedLabel) or each.text()]
        for each in optional:
            each.setVisible(each in wanted)
        room = self.width() - px(2 * 20) - self._glyph.width() - self._counts.sizeHint().width()
        room -= self._open.sizeHint().width() + px(12) * (2 + len(wanted))
        while wanted and sum(each.sizeHint().width() for each in wanted) > room:
            wanted.pop().hide()
            room += px(12)
        if room < 0:
            self._counts.setText(self._least)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _dress(self) -> None:
        px = self._theme.px
        self.setFixedHeight(self._theme.size("layout.planStrip"))
        self._row.setContentsMargins(px(20), 0, px(20), 0)
        self._row.setSpacing(px(12))
        self._fit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colors = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), colors.sidebar)
        painter.fillRect(0, self.height() - 1, self.width(), 1, colors.separator)


class Meter(QWidget):
    """A bar that is full where the allowance is used up; the words beside it say the same."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.share: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_share(self, share: float | None) -> None:
        """From 0 to 1; None: there is no allowance."""
        self.share = share
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(*(self._theme.px(each) for each in _METER))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, box = self._theme.palette, QRectF(self.rect())
        painter, radius = QPainter(self), box.height() / 2
        edge = colors.border if self._theme.high_contrast else None
        painting.surface(painter, box, radius, colors.track, edge)
        if not self.share:
            return
        wide = max(box.height(), box.width() * self.share)
        left = box.width() - wide if self.isRightToLeft() else 0
        painting.surface(painter, QRectF(left, 0, wide, box.height()), radius, colors.green_text)


class Counts(ElidedLabel):
    """Words whose numbers are bold."""

    def __init__(self, theme: Theme) -> None:
        self._look = theme
        super().__init__(theme, role="control")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        made = self._laid()  # its lines end with it
        wide = made.lineAt(0).naturalTextWidth() if made.lineCount() else 0
        return QSize(round(wide) + 2, self._look.line("control"))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _laid(self) -> QTextLayout:
        bold = QTextCharFormat()
        bold.setFontWeight(QFont.Weight.DemiBold)
        ranges: list[QTextLayout.FormatRange] = []
        for found in _DIGITS.finditer(self.text()):
            each = QTextLayout.FormatRange()
            each.start, each.length = found.start(), found.end() - found.start()
            each.format = bold
            ranges.append(each)
        made = QTextLayout(self.text(), self._look.font("control", weight=400, tabular=True))
        left = self.layoutDirection() is Qt.LayoutDirection.LeftToRight
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        option = QTextOption(side | Qt.AlignmentFlag.AlignAbsolute)
        option.setTextDirection(lines.reading(self.text(), self.layoutDirection()))
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        made.setTextOption(option)
        made.setFormats(ranges)
        made.beginLayout()
        line = made.createLine()
        line.setLineWidth(_WIDEST if left else self.width())
        made.endLayout()
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, made = QPainter(self), self._laid()
        painter.setPen(self._look.palette.text)
        made.draw(painter, QPointF(0, (self.height() - made.boundingRect().height()) / 2))


def _words(theme: Theme, color: str = "text", weight: int = 400) -> ElidedLabel:
    made = ElidedLabel(theme, role="control", color=color, weight=weight)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
