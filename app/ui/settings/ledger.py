"""The texts of a period, newest first, and of the periods before it."""

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QResizeEvent

from app.client import changes, text_plan
from app.client.text_plan import Total
from app.domain.plan import Period
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings.ledger_list import LedgerModel, LedgerRows, counted
from app.ui.settings.page import Page
from app.ui.settings.rows import Row
from app.ui.settings.texting import NARROW
from app.ui.widgets.choices import Choice


def _tr(text: str) -> str:
    return QCoreApplication.translate("Ledger", text)


class LedgerPage(Page):
    """One period at a time; more of it is read as its end comes near."""

    def __init__(self, desk: Desk, back: Callable[[], None]) -> None:
        super().__init__(desk, "", back=back)
        self.title.setText(_tr("Texts"))
        theme = desk.theme
        self._periods: tuple[Period, ...] = ()
        self._choice = Choice(theme, _tr("Period"), [(0, _tr("This period"))], 0)
        self._choice.chosen.connect(self._chosen)
        self._head = Row(theme, " ", " ", self._choice)
        self.put(self._head, 8)
        self.model = LedgerModel(desk)
        self.rows = LedgerRows(theme, self.model)
        self.rows.near_end.connect(self._more)
        self.put(self.rows, 8)
        self._column.takeAt(self._column.count() - 1)  # the list has what is left of the height
        self._column.setStretchFactor(self._tail, 1)
        self._tail.setStretch(self._tail.count() - 1, 1)
        self._busy = False
        self._stale = False
        desk.bridge.bind(self, changes.TextsChanged, lambda _: self._reload())

    def entered(self) -> None:
        self._reload()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._head.stand(self.viewport().width() / self.desk.theme.scale < NARROW)

    def _chosen(self, _: object) -> None:
        self._reload()

    def _period(self) -> Period:
        return self._periods[cast(int, self._choice.value)]

    def _reload(self) -> None:
        """From the top; what changes meanwhile is read behind it."""
        self._stale = True
        if not self._busy:
            self._busy = True
            self.desk.bridge.spawn(self, self._load(), name="ledger")

    async def _load(self) -> None:
        plan = self.desk.messenger.plan
        try:
            while self._stale:
                self._stale = False
                periods = await plan.periods()
                if periods != self._periods:
                    self._offer(periods)
                period = self._period()
                total = await plan.total(period)
                many = max(text_plan.PAGE, self.model.rowCount() if self.model.period == period else 0)
                self.model.show_texts(period, await plan.texts(period, most=many), total.texts)
                self._say(total)
        finally:
            self._busy = False

    def _offer(self, periods: tuple[Period, ...]) -> None:
        chosen = self._period() if self._periods else None
        self._periods = periods
        self._choice.offer([(number, self._named(each)) for number, each in enumerate(periods)])
        self._choice.show_value(periods.index(chosen) if chosen in periods else 0)

    def _named(self, period: Period) -> str:
        desk = self.desk
        first, last = (formats.day_line(ms, desk.now(), desk.zone)[0] for ms in (period.start, period.end - 1))
        return f"{first} – {last}" if period.end <= desk.now() else _tr("Since {day}").format(day=first)

    def _say(self, total: Total) -> None:
        if total.texts:
            one = total.texts == 1
            self._head.label.setText(_tr("1 message") if one else _tr("{count} messages").format(count=total.texts))
        else:
            self._head.label.setText(_tr("No texts in this period."))
        spent = [formats.money(price, currency) for currency, price in total.spent.items()]
        used = _tr("{texts} used").format(texts=counted(total.used))
        self._head.say(" · ".join([used, *spent]) if total.texts else "")
        self.rows.setVisible(bool(total.texts))

    def _more(self) -> None:
        if not self._busy and self.model.whole > self.model.rowCount() > 0:
            self._busy = True
            self.desk.bridge.spawn(self, self._load_more(), name="ledger")

    async def _load_more(self) -> None:
        model = self.model
        try:
            if model.period is not None:
                model.add(await self.desk.messenger.plan.texts(model.period, model.last.place))
        finally:
            self._busy = False
        if self._stale:
            self._reload()
