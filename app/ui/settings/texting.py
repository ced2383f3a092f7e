"""The rows of the text plan: its kind, what is used of it, what a text costs, and the ways to its details."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from app.client import changes
from app.client.text_plan import Standing
from app.domain.plan import Kind, UsedUp
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings.ledger_list import counted
from app.ui.settings.rows import Card, Row, Value, Way
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label
from app.ui.widgets.meter import Meter
from app.ui.widgets.segments import Segments
from app.ui.widgets.strong import StrongPart

NARROW: Final = 440  # effective pixels of the page below which things stand under each other


def _tr(text: str) -> str:
    return QCoreApplication.translate("TextPlan", text)


class PlanRows(QObject):
    """Put into ``card`` behind its first row, which says why where the relay sends no texts at all."""

    def __init__(self, desk: Desk, card: Card, texts: Row, show: Callable[[str], None]) -> None:
        super().__init__(card)
        theme = desk.theme
        self._desk, self._texts, self._help = desk, texts, texts.help.text()
        kinds = [
            (Kind.UNLIMITED, _tr("Unlimited")),
            (Kind.LIMITED, _tr("Limited")),
            (Kind.PAY, _tr("Per message")),
        ]
        self._kind = Segments(theme, _tr("Text plan"), kinds, Kind.UNLIMITED)
        self._kind.chosen.connect(self._choose)
        self._plan = _Turning(theme, Label(theme, _tr("Text plan"), wrap=False), self._kind)
        self._usage = _Usage(theme)
        self._count = Row(theme, " ", "")
        self._spent = Value(theme, "text")
        self._sum = Row(theme, _tr("Spent"), "", self._spent)
        self._price, self._change = Value(theme, "text"), Button(theme, _tr("Change"), "link")
        self._change.setAccessibleName(_tr("Change the price of a picture message"))
        self._change.clicked.connect(lambda: show("picture"))
        self._picture = Row(theme, _tr("Picture message (MMS)"), "", self._price, self._change, margin=6)
        self._details = Way(theme, _tr("Plan details"), lambda: show("plan"))
        self._ledger = Way(theme, _tr("Texts sent and received"), lambda: show("texts"))
        for row in (self._plan, self._usage, self._count, self._sum, self._picture, self._details, self._ledger):
            card.add(row)
        desk.bridge.bind(self, (changes.TextsChanged, changes.ConnectionChanged), lambda _: self.load())

    def load(self) -> None:
        """Ask how the plan stands now."""
        self._desk.bridge.spawn(self, self._load(), name="text plan")

    async def _load(self) -> None:
        self.show_plan(await self._desk.messenger.plan.standing())

    def show_plan(self, found: Standing) -> None:
        """This plan, and what the relay says of texts."""
        plan, routing = found.plan, self._desk.messenger.routing
        told = routing.told.is_set() and not routing.terms.available and routing.terms.why
        self._texts.say(formats.for_code(routing.terms.why) if told else self._help)
        self._kind.show_value(plan.kind)
        limited = plan.kind is Kind.LIMITED
        self._usage.setVisible(limited)
        self._count.setVisible(not limited)
        resets = _tr("Resets {day}").format(day=self._day(found.period.end))
        if limited:
            self._usage.show_usage(found.used, plan.allowance, resets, self._beyond(found))
        self._count.label.setText(_tr("{texts} used").format(texts=counted(found.used)))
        self._count.say(_tr("Since {day}").format(day=self._day(found.period.start)))
        spent = [formats.money(price, currency) for currency, price in found.spent.items()]
        self._spent.setText(" · ".join(spent))
        self._sum.setVisible(bool(spent))
        price = formats.money(plan.mms_price, plan.currency)
        self._price.setText(_tr("{price} each").format(price=price) if plan.mms_price else _tr("Included"))
        self._change.setAccessibleDescription(self._price.text())
        self._details.show_value(self._summary(found))

    def _day(self, ms: int) -> str:
        return formats.day_line(ms, self._desk.now(), self._desk.zone)[0]

    def _beyond(self, found: Standing) -> str:
        """What happens now that nothing is left."""
        if found.left:
            return ""
        plan = found.plan
        if plan.when_used_up is UsedUp.STOP:
            return _tr("No more texts are sent until {day}.").format(day=self._day(found.period.end))
        price = formats.money(plan.price, plan.currency)
        asks = plan.when_used_up is UsedUp.ASK
        if not plan.price:
            return _tr("You are asked before each one more.") if asks else _tr("More are sent all the same.")
        words = _tr("More cost {price} each, and you are asked before.") if asks else _tr("More cost {price} each.")
        return words.format(price=price)

    def _summary(self, found: Standing) -> str:
        plan = found.plan
        if plan.kind is Kind.LIMITED:
            return _tr("{count} texts from day {day}").format(count=plan.allowance, day=plan.start_day)
        price = formats.money(plan.price, plan.currency)
        if plan.kind is not Kind.PAY:
            return ""
        return _tr("{price} each").format(price=price) if plan.price else _tr("Price unknown")

    def _choose(self, kind: object) -> None:
        async def work() -> None:
            await self._desk.messenger.plan.change(kind=kind)

        self._desk.bridge.spawn(self, work(), name="text plan")

    def came_back(self, inner: str) -> None:
        """The keyboard, to where it left for that page."""
        where = {"texts": self._ledger.button, "picture": self._change}
        where.get(inner, self._details.button).setFocus()

    def fit(self, width: int) -> None:
        """Beside each other, or one below the other."""
        narrow = width / self._desk.theme.scale < NARROW
        self._texts.stand(narrow)
        self._picture.stand(narrow)
        self._kind.stand(narrow)
        self._plan.stand(narrow)
        self._usage.stand(narrow)
        self._details.value.setVisible(not narrow)


class _Turning(QWidget):
    """Words, and a wide control beside or below them."""

    def __init__(self, theme: Theme, words: QWidget, control: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.addWidget(words, 1)
        self._line.addWidget(control)
        theme.changed.connect(self._restyle)
        self._restyle()

    def stand(self, upright: bool) -> None:
        way = QBoxLayout.Direction
        self._line.setDirection(way.TopToBottom if upright else way.LeftToRight)

    def _restyle(self) -> None:
        px = self._theme.px
        self._line.setContentsMargins(px(16), px(11) + 1, px(16), px(11))
        self._line.setSpacing(px(8))
        self.setMinimumHeight(px(44))


class _Usage(QWidget):
    """``88 of 100 texts used`` over its meter, with the number strong, and when it begins anew."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words = StrongPart(theme)
        self._resets = Label(theme, "", "caption", "text_secondary", wrap=False)
        self._beyond = Label(theme, "", "caption", "text_secondary")
        self._beyond.hide()
        self.meter = Meter(theme, _tr("Texts used"))
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.addWidget(self._words, 1)
        self._line.addWidget(self._resets)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._line)
        self._column.addWidget(self.meter)
        self._column.addWidget(self._beyond)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_usage(self, used: int, allowance: int, resets: str, beyond: str) -> None:
        """The number is where the language has it."""
        sentence = _tr("{used} of {allowance} texts used")
        before, _, after = sentence.replace("{allowance}", str(allowance)).partition("{used}")
        self._words.show_text(before, str(used), after)
        self._resets.setText(resets)
        self._beyond.setText(beyond)
        self._beyond.setVisible(bool(beyond))
        self.meter.show_part(used, allowance, ". ".join(part for part in (self._words.text(), resets, beyond) if part))

    def stand(self, upright: bool) -> None:
        way = QBoxLayout.Direction
        self._line.setDirection(way.TopToBottom if upright else way.LeftToRight)

    def _restyle(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(16), px(11) + 1, px(16), px(11))
        self._column.setSpacing(px(7))
        self._line.setSpacing(px(2))
        self.setMinimumHeight(px(44))
