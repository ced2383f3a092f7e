"""How what is written will travel, in words: the placeholder of the field and the line under the text."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from PySide6.QtCore import QCoreApplication

from app.client import facing as facings
from app.client.facing import Facing
from app.client.routing import Forecast
from app.domain import delivery
from app.domain import plan as plans
from app.domain.bearer import Agreement, Bearer, Choice, TextRoute, Wish
from app.domain.conversation import Policy
from app.ui import format

_NAMELESS: Final = "sms:"  # what a sender of texts called itself: nothing can be sent there


class Way(msgspec.Struct, frozen=True):
    """What the composer says: ``hint`` in the empty field, ``line`` under the text, and whether Send does anything.

    ``tone`` names a colour of the palette. ``described`` is for screen readers. A ``line`` that must be read before
    anything is written is ``always`` there. ``aside`` stands at the other end of the line; when it ``warns`` it is
    there also where there is hardly room.
    """

    hint: str
    line: str
    icon: str
    tone: str
    described: str
    open: bool = True
    always: bool = False
    aside: str = ""
    warns: bool = False

    @property
    def green(self) -> bool:
        return self.icon == "sms"


class Terms(msgspec.Struct, frozen=True):
    """As what a message is handed over: the wish, and the yes to a text as it was shown."""

    wish: Wish = Wish.ASK
    agreed: Agreement | None = None


Consult = Callable[[str], Awaitable[Terms | None]]  # as what words are handed over; None: they stay


async def unasked(_: str) -> Terms:
    """Where nothing is to be agreed to."""
    return Terms()


def terms(choice: Choice) -> Terms:
    """What pressing Send says yes to, by what was on the screen: to a text only where it said so."""
    if not green(choice) or choice.route is None:
        return Terms()
    return Terms(Wish.AUTO, Agreement.to(choice.route))


def green(choice: Choice) -> bool:
    """Whether it would leave as a text, perhaps after a question."""
    if choice.bearer is Bearer.TEXT:
        return True
    asked = choice.why in (delivery.Reason.NEEDS_CONSENT, delivery.Reason.PLAN_USED_UP)
    return choice.bearer is Bearer.NONE and asked and choice.route is not None and not choice.route.stopped


def way(facing: Facing, choice: Choice, found: Forecast | None = None, texts: str = "") -> Way:
    """The words for a way; blue goes with a lock. ``texts`` is why the relay sends none, as it calls it."""
    if found is None and not facing.rich_on:
        return waiting()
    if choice.bearer is Bearer.RICH:
        return encrypted()
    if choice.bearer is Bearer.UNDECIDED:
        return encrypted() if facing.known else waiting()
    if green(choice):
        return text(choice.route, found)
    if facing.address.startswith(_NAMELESS):
        return _closed_way(_tr("You can’t reply to this number"))
    return _closed_way(_closed(facing, choice, found, texts))


def encrypted() -> Way:
    """To somebody who is reached so."""
    return Way(_tr("Message · encrypted"), _tr("Encrypted"), "lock", "blue_text", _tr("encrypted"))


def waiting() -> Way:
    """To an address of which nobody has said yet what leads there: neither blue nor green."""
    line = _tr("Waits until the relay has said how it travels")
    return Way(_tr("Message"), line, "clock", "text_secondary", line)


def text(route: TextRoute | None, found: Forecast | None = None) -> Way:
    """Green, with what it uses and what is left of the plan."""
    if route is not None and route.mms:
        return picture(route) if found is None or found.rules.only_phones else long(route)
    left, aside, warns = "", "", False
    count = route.segments if route is not None else 1
    if found is not None and route is not None:
        left, aside = _left(route, found), _aside(route, found)
    if count > 1:
        aside, warns = _tr("This message will use {count} texts.").format(count=count), True
    name = _tr("Text message")
    limited = found is not None and found.plan.kind is plans.Kind.LIMITED
    cut = segments(count) if limited or count > 1 else ""
    line = " · ".join(each for each in (name, cut, left) if each)
    hint = f"{name} · {left}" if left else name
    return Way(hint, line, "sms", "green_text", _tr("as a text message"), aside=aside, warns=warns)


def picture(route: TextRoute) -> Way:
    """Green, with its own price where it has one."""
    line = _priced(_tr("Picture message"), route)
    return Way(_tr("Picture message"), line, "sms", "green_text", _tr("as a picture message"))


def long(route: TextRoute) -> Way:
    """Words that are too long for a text: green, as one MMS at its own price."""
    line, why = _priced(_tr("Long message (MMS)"), route), _tr("Too long for a text message")
    return Way(_tr("Text message"), line, "sms", "green_text", _tr("as an MMS"), aside=why, warns=True)


def _priced(name: str, route: TextRoute) -> str:
    price = format.money(route.price, route.currency) if route.price else ""
    if route.unpriced:
        price = _tr("price unknown")
    return " · ".join(each for each in (name, price) if each)


def segments(count: int) -> str:
    """How many, in words."""
    return _tr("1 segment") if count == 1 else _tr("{count} segments").format(count=count)


def counted(count: int) -> str:
    """The same, as a plan counts them."""
    return _tr("1 text") if count == 1 else _tr("{count} texts").format(count=count)


def left_now(found: Forecast) -> int:
    """Of an allowance, before this message."""
    return max(0, found.plan.allowance - found.used)


def _left(route: TextRoute, found: Forecast) -> str:
    plan = found.plan
    if plan.kind is plans.Kind.UNLIMITED:
        return _tr("unlimited")
    price = _tr("price unknown") if route.unpriced else format.money(route.price, plan.currency)
    if plan.kind is plans.Kind.PAY:
        return price
    left = _tr("{left} of {all} left this month").format(left=left_now(found), all=plan.allowance)
    return f"{left} · {price}" if route.costs else left


def _aside(route: TextRoute, found: Forecast) -> str:
    plan = found.plan
    room = _tr("1 character left") if found.room == 1 else _tr("{count} characters left").format(count=found.room)
    if plan.kind is not plans.Kind.LIMITED or route.costs:
        return room
    if not plan.currency:
        return f"{room} · {_tr('in plan')}"
    return f"{room} · {_tr('{price} in plan').format(price=format.money(0, plan.currency))}"


def _closed_way(words: str) -> Way:
    return Way(_tr("Message"), words, "info", "amber_text", "", open=False, always=True)


def _closed(facing: Facing, choice: Choice, found: Forecast | None, texts: str) -> str:
    """Why nothing can be sent."""
    name = facings.spaced(facing.address) or facing.name.name
    called = facing.name.name or name
    match choice.why:
        case delivery.Reason.TOO_LARGE:
            return _tr("That’s too long for a text message. Send it in parts.")
        case delivery.Reason.NO_PICTURE_MESSAGE:
            return _tr("This picture can’t be sent to {name}.").format(name=called)
        case delivery.Reason.PICTURE_ENCRYPTED:
            return _tr("Pictures can’t be sent to people on Kingfisher yet.")
        case delivery.Reason.PLAN_USED_UP:
            return _tr("Your text plan is used up for this month.")
        case delivery.Reason.RICH_OFF:
            return _tr("Rich messaging is off in Settings, and {name} can’t be sent texts.").format(name=called)
        case delivery.Reason.OTHER_ACCOUNT:
            return _tr("{name} isn’t reached at this address any more.").format(name=called)
        case delivery.Reason.TEXTS_OFF:
            return _tr("{name} isn’t on Kingfisher, and text messages are off in Settings.").format(name=called)
        case _:
            pass
    if found is not None and found.rules.policy is Policy.ONLY_ENCRYPTED and found.number:
        return _tr("This conversation is only for encrypted messages, and {name} can’t get any.").format(name=called)
    if choice.why is delivery.Reason.NO_LONGER_RICH:
        return _tr("{name} no longer uses Kingfisher, so nothing can be sent.").format(name=called)
    if "@" in facing.address:
        return _tr("{name} isn’t on Kingfisher, and texts need a phone number.").format(name=name)
    if texts == "text_not_proved":
        return _tr("{name} isn’t on Kingfisher. Verify a phone number of yours to send texts.").format(name=name)
    return _tr("{name} isn’t on Kingfisher, and texts can’t be sent from here.").format(name=name)


def _tr(text: str) -> str:
    return QCoreApplication.translate("composer", text)
