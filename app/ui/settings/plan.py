"""The details of the text plan: its allowance, its period, what happens when it is used up, and what texts cost."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QResizeEvent

from app.client import changes
from app.domain import plan as plans
from app.domain.plan import Kind, Plan, UsedUp
from app.ui import format as formats
from app.ui import money
from app.ui.desk import Desk
from app.ui.settings.page import Page
from app.ui.settings.rows import Card, Row
from app.ui.settings.texting import NARROW
from app.ui.theme import Theme
from app.ui.widgets.choices import Choice
from app.ui.widgets.fields import Field
from app.ui.widgets.labels import Label
from app.ui.widgets.switch import Switch

_WIDE: Final = 132  # pixels of a field


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlanPage", text)


class PlanPage(Page):
    """Every change is kept as soon as its field is left; with ``picture`` the keyboard begins at that price."""

    def __init__(self, desk: Desk, back: Callable[[], None], *, picture: bool = False) -> None:
        super().__init__(desk, "", back=back)
        self.title.setText(_tr("Text plan"))
        theme = desk.theme
        self._begins_at_picture = picture
        self._plan = Plan()
        self._told = Label(theme, "", "body", "text_secondary")
        self.put(self._told)
        self._allowance = NumberRow(theme, _tr("Texts in a period"), "", partial(self._keep_number, "allowance"))
        days = [(day, str(day)) for day in range(1, 32)]
        self._day = Choice(theme, _tr("Day the period begins"), days, 1)
        used_up = [
            (UsedUp.ASK, _tr("Ask first")),
            (UsedUp.STOP, _tr("Send no more")),
            (UsedUp.PAY, _tr("Send and pay")),
        ]
        self._used_up = Choice(theme, _tr("When they are used up"), used_up, UsedUp.ASK)
        self._incoming = Switch(theme, _tr("Count texts that come in"))
        self._limits = self.put_card(
            Card(
                theme,
                self._allowance,
                Row(theme, self._day.accessibleName(), _tr("Or the last day of a shorter month"), self._day),
                Row(theme, self._used_up.accessibleName(), "", self._used_up),
                Row(theme, self._incoming.accessibleName(), _tr("If your plan counts them"), self._incoming),
            )
        )
        self._price = NumberRow(theme, _tr("Text message"), " ", partial(self._keep_price, "price"))
        self._picture = NumberRow(theme, _tr("Picture message (MMS)"), "", partial(self._keep_price, "mms_price"))
        none = [("", _tr("None"))]
        codes = [(code, code) for code in money.currencies()]
        self._currency = Choice(theme, _tr("Currency"), none + codes, "")
        self.put_card(
            Card(theme, self._price, self._picture, Row(theme, self._currency.accessibleName(), "", self._currency)),
            _tr("Prices"),
        )
        for choice, name in ((self._day, "start_day"), (self._used_up, "when_used_up"), (self._currency, "currency")):
            choice.chosen.connect(partial(self._change, name))
        self._incoming.clicked.connect(self._count_incoming)
        desk.bridge.bind(self, changes.TextsChanged, lambda _: self._reload())

    def entered(self) -> None:
        self._reload()
        if self._begins_at_picture:
            self._picture.field.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.viewport().width() / self.desk.theme.scale < NARROW
        for row in self.body.findChildren(Row):
            row.stand(narrow)

    def _reload(self) -> None:
        self.desk.bridge.spawn(self, self._load(), name="text plan")

    async def _load(self) -> None:
        self.show_plan((await self.desk.messenger.plan.standing()).plan)

    def show_plan(self, plan: Plan) -> None:
        """What is being typed stays as it is."""
        self._plan = plan
        limited = plan.kind is Kind.LIMITED
        self._told.setText(_tr(_TOLD[plan.kind]))
        self._limits.setVisible(limited)
        self._price.setVisible(plan.kind is not Kind.UNLIMITED)
        self._price.say(_tr("Each one beyond the plan") if limited else _tr("Each one; long messages are several"))
        self._allowance.show_number(str(plan.allowance))
        self._price.show_number(formats.amount(plan.price, plan.currency))
        self._picture.show_number(formats.amount(plan.mms_price, plan.currency))
        self._day.show_value(plan.start_day)
        self._used_up.show_value(plan.when_used_up)
        self._incoming.setChecked(plan.incoming_counts)
        self._currency.show_value(plan.currency)

    def _change(self, name: str, value: Any) -> None:
        async def work() -> None:
            await self.desk.messenger.plan.change(**{name: value})

        self.desk.bridge.spawn(self, work(), name="text plan")

    def _count_incoming(self, on: bool) -> None:
        self._change("incoming_counts", on)

    def _keep_number(self, name: str, text: str) -> str:
        if not (text.isascii() and text.isdecimal()) or int(text[:8]) > plans.MOST:
            return _tr("Enter a whole number.")
        self._change(name, int(text))
        return ""

    def _keep_price(self, name: str, text: str) -> str:
        """A first price brings the currency of the country with it."""
        plan, region = self._plan, self.desk.messenger.settings.values.region
        currency = plan.currency or money.of_region(region)
        price = money.minor(text, currency)
        if price is None or price > plans.MOST:
            return _tr("Enter an amount, such as {price}.").format(price=formats.amount(12, currency))
        if price == getattr(plan, name):
            self._reload()
        else:
            self._change_both(name, price, currency if price else plan.currency)
        return ""

    def _change_both(self, name: str, price: int, currency: str) -> None:
        async def work() -> None:
            await self.desk.messenger.plan.change(**{name: price, "currency": currency})

        self.desk.bridge.spawn(self, work(), name="text plan")


_TOLD: Final = {
    Kind.UNLIMITED: "All texts are in your plan. Picture messages may cost something all the same.",
    Kind.LIMITED: "This many texts are in your plan. A long message counts as several.",
    Kind.PAY: "Each text costs something, and you agree to its price before it leaves.",
}


class NumberRow(Row):
    """A field at the end of a row; ``keep`` takes its words when it is left, and says what is wrong with them."""

    def __init__(self, theme: Theme, label: str, help: str, keep: Callable[[str], str]) -> None:
        self.field = Field(theme, label, height=32, role="body")
        self._look, self._keep, self._shown = theme, keep, ""
        super().__init__(theme, label, help, self.field)
        self.field.entered.connect(self._left)
        self.field.line.focused.connect(self._focused)
        theme.changed.connect(self._widen)
        self._widen()

    def show_number(self, text: str) -> None:
        """Unless something else is being typed."""
        if not self.field.line.hasFocus() or self.field.text() == self._shown:
            self.field.setText(text)
        self._shown = text

    def _focused(self, there: bool) -> None:
        if not there:
            self._left()

    def _left(self) -> None:
        text = self.field.text().strip()
        if text != self._shown:
            problem = self._keep(text)
            self.field.complain(problem)
            if not problem:
                self._shown = text  # so that it is shown as it was understood

    def _widen(self) -> None:
        self.field.setFixedWidth(self._look.px(_WIDE))
