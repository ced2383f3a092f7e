"""Why Green, why Blue: the directory's answer and its time, the rule that decided, and the price, in sentences."""

from datetime import tzinfo
from typing import Final

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.client import facing as facings
from app.client import why as reasons
from app.client.facing import Facing
from app.client.routing import Forecast
from app.client.why import Reasons
from app.common import errors
from app.domain.bearer import Bearer, Capability, Why
from app.domain.conversation import Policy
from app.domain.delivery import Reason
from app.ui import format
from app.ui.composer import transport
from app.ui.conversation.outlook import Outlook
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import Label
from app.ui.widgets.margins import mirrored

_WIDE: Final = 380

# Each word that a decision may have; ``name`` is whoever it is written to.
RULES: Final[dict[str, str]] = {
    Why.RICH: "{name} gets encrypted messages, so it’s end-to-end encrypted.",
    Why.NEVER_RICH: "Nobody with this number is on Kingfisher, so it’s a text message. Texts aren’t encrypted.",
    Why.TEXT_AGREED: "You agreed to send it as a text message. Texts aren’t encrypted.",
    Why.DIRECTORY_SILENT: "The relay’s directory hasn’t answered yet. Until it does the message waits; it never turns "
    "into a text message by itself.",
    Why.UNCONFIRMED: "The relay says that {name} has left, but not with the signature of the account. The message "
    "waits; it never turns into a text message by itself.",
    reasons.PROVEN: "It came end-to-end encrypted, under keys that prove which account sent it.",
    reasons.NOT_PROVEN: "It came through the phone network, where nothing is encrypted and nobody proves who sent it.",
    reasons.WAITING: "It hasn’t left yet. Which way it goes is decided when it does.",
    Reason.NEEDS_CONSENT: "It would be a text message, and that only leaves after you’ve agreed to it and its price.",
    Reason.PLAN_USED_UP: "It would be a text message, and your text plan is used up.",
    Reason.RICH_OFF: "Rich messaging is off in Settings, and no text message can be sent instead.",
    Reason.TEXTS_OFF: "It would be a text message, and those are off in Settings.",
    Reason.NO_LONGER_RICH: "{name} doesn’t get encrypted messages any more.",
    Reason.OTHER_ACCOUNT: "The address of {name} now belongs to another account. It may be another person.",
    Reason.NOT_ON_KINGFISHER: "{name} isn’t on Kingfisher, and no text message can be sent instead.",
}
_STANDING: Final = "This conversation goes as text messages where nothing can be encrypted, as you’ve set it."
_KEPT: Final = "You’ve set this conversation to encrypted messages only."
_ANSWERS: Final[dict[str, str]] = {
    Capability.RICH: "Looked up {when}: {name} gets encrypted messages.",
    Capability.NOT_RICH: "Looked up {when}: {name} isn’t on Kingfisher.",
    Capability.MOVED: "Looked up {when}: another account has this address.",
    Capability.UNCONFIRMED: "Looked up {when}: no account of {name}, which its owner hasn’t confirmed.",
}
_CAME: Final = "It came {when}. Nothing is looked up for what comes in."
_LEFT: Final = "Looked up {when}: {name} has turned encrypted messages off."


async def answer(desk: Desk, over: QWidget, facing: Facing, outlook: Outlook, row: int) -> None:
    """Show it: of one message, or with row 0 of what would be sent next."""
    try:
        found = await reasons.why(desk.messenger.database, row) if row else next_one(facing, outlook.found)
    except errors.GiveUp:
        return  # the message is gone
    said = sentences(found, named(facing), desk.now(), desk.zone)
    await WhyDialog(desk.theme, question(found), said, over).shown()


def next_one(facing: Facing, found: Forecast | None) -> Reasons:
    """As a message that is not written yet would be answered for."""
    if found is None:
        return Reasons(facing.way.bearer, facing.way.why)
    choice, route, rules = found.choice, found.choice.route, found.rules
    green = transport.green(choice)
    bearer = Bearer.TEXT if green else choice.bearer
    said = Reasons(bearer, choice.why, found.capability, found.asked_at, rules.policy, rules.ever_rich, rules.yes)
    if route is None or not green:
        return said
    price = None if route.unpriced else route.price
    return replace(said, segments=route.segments, price=price, currency=found.plan.currency, mms=route.mms)


def question(found: Reasons) -> str:
    """What is answered."""
    if found.bearer == Bearer.TEXT:
        return _tr("Why Green?")
    blue = found.bearer == Bearer.RICH and found.why in (Why.RICH, reasons.PROVEN)
    return _tr("Why Blue?") if blue else _tr("How This Went")


def sentences(found: Reasons, name: str, now: int, zone: tzinfo) -> list[str]:
    """The rule first, then what was looked up, and the price."""
    standing = found.why == Why.TEXT_AGREED and found.policy == Policy.ALWAYS_TEXT and not found.yes
    rule = _tr(_STANDING) if standing else _tr(RULES[found.why]) if found.why in RULES else format.for_code(found.why)
    said = [rule.format(name=name)]
    if found.policy == Policy.ONLY_ENCRYPTED:
        said.append(_tr(_KEPT))
    looked = _LEFT if found.capability == Capability.NOT_RICH and found.ever_rich else _ANSWERS.get(found.capability)
    if looked is not None and found.asked_at:
        said.append(_tr(looked).format(name=name, when=_when(found.asked_at, now, zone)))
    if found.came_at:
        said.append(_tr(_CAME).format(when=_when(found.came_at, now, zone)))
    if found.bearer == Bearer.TEXT and found.segments:
        said.append(_price(found))
    return said


def named(facing: Facing) -> str:
    """Whom the sentences are about."""
    return facings.spaced(facing.name.name) or facings.spaced(facing.address) or _tr("This person")


def _price(found: Reasons) -> str:
    count = _tr("1 MMS") if found.mms else transport.counted(found.segments)
    if found.price is None:
        return _tr("Price: {texts}. What it costs isn’t known.").format(texts=count)
    if not found.price:
        return _tr("Price: {texts}, nothing on top of your plan.").format(texts=count)
    return _tr("Price: {texts}, {price}.").format(texts=count, price=format.money(found.price, found.currency))


def _when(at: int, now: int, zone: tzinfo) -> str:
    return format.moment(at, now, zone).removeprefix(f"{_tr('Today')} ")


class WhyDialog(Dialog):
    """The question, and its answer sentence by sentence."""

    def __init__(self, theme: Theme, title: str, said: list[str], parent: QWidget | None = None) -> None:
        super().__init__(theme, title, parent)
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(*mirrored(self, px(24), px(24), px(20), px(16)))
        column.setSpacing(px(8))
        column.addWidget(Label(theme, title, "heading"))
        for each in said:
            words = Label(theme, each, "body", "text_secondary")
            words.setMinimumWidth(px(_WIDE))
            column.addWidget(words)
        column.addSpacing(px(8))
        row = QHBoxLayout()
        row.addStretch(1)
        done = Button(theme, _tr("Done"), "primary")
        done.clicked.connect(lambda: self.end(None))
        row.addWidget(done)
        column.addLayout(row)
        self.setAccessibleDescription(" ".join(said))


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
