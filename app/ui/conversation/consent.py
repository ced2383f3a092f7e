"""What Send asks before words leave as a text: where it was encrypted, costs more than shown, or the plan is full."""

import msgspec
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.client.facing import Facing
from app.client.routing import Forecast
from app.common import errors
from app.domain import delivery
from app.domain import plan as plans
from app.domain.bearer import Bearer, Capability, Choice, Texts
from app.ui import format
from app.ui.composer import transport
from app.ui.composer.transport import Terms
from app.ui.conversation.outlook import Outlook
from app.ui.desk import Desk
from app.ui.widgets import dialog
from app.ui.widgets.buttons import Kind


class Question(msgspec.Struct, frozen=True):
    """A title, a sentence or two, and the word of the yes."""

    title: str
    words: str
    yes: str


async def agreed(desk: Desk, over: QWidget, facing: Facing, outlook: Outlook, words: str) -> Terms | None:
    """As what these words are handed over, asked about where that is needed; None: they stay where they are.

    What was on the screen when Send was pressed is what was agreed to; where it would be otherwise by now, that is
    said and asked.
    """
    shown = outlook.choice or facing.way
    try:
        fresh = await outlook.settle(words)
    except errors.GiveUp as error:
        desk.fail(error)
        return None
    choice = fresh.choice if fresh is not None else shown
    if choice.bearer is Bearer.NONE and not transport.green(choice):
        return None  # the line under the words says why by now
    question = _question(facing, fresh, shown) if fresh is not None else None
    if question is not None:
        yes: tuple[object, str, Kind] = (True, question.yes, "green")
        answers: tuple[tuple[object, str, Kind], ...] = ((False, _tr("Cancel"), "secondary"), yes)
        if await dialog.ask(desk.theme, over, question.title, question.words, answers) is not True:
            return None
    return transport.terms(choice)


def _question(facing: Facing, found: Forecast, shown: Choice) -> Question | None:
    choice, route = found.choice, found.choice.route
    if not transport.green(choice) or route is None:
        return None
    if choice.why is delivery.Reason.PLAN_USED_UP:
        return _used_up(found)
    if choice.bearer is Bearer.NONE and _asks(found):
        return Question(_tr("Send this as a text message?"), _in_the_clear(facing, found), _tr("Send as Text Message"))
    if not transport.green(shown):
        return Question(_tr("Send this as a text message?"), _to_a_phone(facing, found), _tr("Send as Text Message"))
    before = shown.route
    if before is not None and (route.segments > before.segments or route.price > before.price):
        title = _tr("This message will use {count} texts.").format(count=route.segments)
        title = title if route.segments > 1 else _tr("This message costs more than it said.")
        return Question(title, _cost(found), _tr("Send Anyway"))
    return None


def _asks(found: Forecast) -> bool:
    """Not only the price needs a yes."""
    rules = found.rules
    asks = rules.ever_rich or rules.texts is Texts.ASK
    return asks or (rules.rich_on and found.capability is not Capability.NOT_RICH)


def _used_up(found: Forecast) -> Question:
    plan, left = found.plan, transport.left_now(found)
    route = found.choice.route
    count = route.segments if route is not None else 1
    if left:
        said = _tr("Only {left} of {all} texts are left this month.").format(left=left, all=plan.allowance)
        use = transport.counted(count)
        words = _tr("This message will use {texts}.").format(texts=use)
        return Question(said, f"{words} {_more(plan)}", _tr("Send Anyway"))
    said = _tr("You’ve used all {count} texts this month.").format(count=plan.allowance)
    return Question(said, _more(plan), _tr("Send Anyway"))


def _more(plan: plans.Plan) -> str:
    if not plan.price:
        return _tr("More may cost extra.")
    return _tr("More may cost {price} each.").format(price=format.money(plan.price, plan.currency))


def _in_the_clear(facing: Facing, found: Forecast) -> str:
    if not found.rules.rich_on:
        why = _tr("Rich messaging is off in Settings.")
    elif not found.rules.ever_rich:
        return _to_a_phone(facing, found)
    else:
        why = _tr("{name} doesn’t get encrypted messages at the moment.").format(name=_name(facing))
    return f"{why} {_tr('A text isn’t encrypted.')} {_cost(found)}"


def _to_a_phone(facing: Facing, found: Forecast) -> str:
    why = _tr("{name} isn’t on Kingfisher.").format(name=_name(facing))
    return f"{why} {_tr('A text isn’t encrypted.')} {_cost(found)}"


def _cost(found: Forecast) -> str:
    """What these words use, and what that costs where it costs something."""
    route = found.choice.route
    if route is None:
        return ""
    if route.mms:
        price = format.money(route.price, route.currency)
        if route.unpriced:
            return _tr("What it costs isn’t known.")
        return _tr("It will cost {price}.").format(price=price) if route.price else ""
    used = transport.counted(route.segments)
    if route.unpriced:
        return _tr("It will use {texts}. What that costs isn’t known.").format(texts=used)
    if not route.price:
        return _tr("It will use {texts}.").format(texts=used)
    price = format.money(route.price, route.currency)
    return _tr("It will use {texts} and cost {price}.").format(texts=used, price=price)


def _name(facing: Facing) -> str:
    return facing.name.name or facing.address or _tr("This person")


def _tr(text: str) -> str:
    return QCoreApplication.translate("conversation", text)
