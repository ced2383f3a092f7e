"""What is done about a message that has not arrived: once more, as a text, deleted, or written anew; asked first."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.client import connectivity, taking_back
from app.client.routing import Forecast
from app.common import errors
from app.domain import delivery
from app.domain import plan as plans
from app.domain.bearer import Bearer
from app.domain.delivery import Permit, Status
from app.storage import messages
from app.storage.removed import Removed
from app.ui import format
from app.ui.desk import Desk
from app.ui.widgets import dialog
from app.ui.widgets.buttons import Kind

ACTS = frozenset({"retry", "as_text", "delete", "rewrite"})


class Remedies:
    """By the name of an act and the row of a message; what goes wrong is said. ``over`` is where questions appear.

    ``rewritten`` is told the conversation whose draft has the words of a message that was taken back; ``keep`` stores
    what is half written before.
    """

    def __init__(
        self,
        desk: Desk,
        over: QWidget,
        rewritten: Callable[[bytes], None] | None = None,
        keep: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._desk = desk
        self._over = over
        self._rewritten = rewritten
        self._keep = keep

    def do(self, row: int, act: str) -> None:
        """One of ACTS."""
        work = {"retry": self._retry, "as_text": self._as_text, "delete": self._delete, "rewrite": self._rewrite}[act]
        self._desk.bridge.spawn(self._over, self._said(work(row)), name=act)

    async def _said(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except errors.KingfisherError as error:
            self._desk.fail(error, _sentence(error))

    async def _retry(self, row: int) -> None:
        """What may have arrived goes once more only after a warning; without a connection that is tried too."""
        messenger = self._desk.messenger
        if await self._doubtful(row):
            answers: tuple[tuple[object, str, Kind], ...] = (
                (False, _tr("Cancel"), "secondary"),
                (True, _tr("Send Again"), "primary"),
            )
            title, words = _tr("Send this again?"), _tr("It may have arrived already, and would then arrive twice.")
            if await dialog.ask(self._desk.theme, self._over, title, words, answers) is not True:
                return
        await messenger.sending.retry(row)
        if not connectivity.of(messenger).connected:
            connectivity.retry_now(messenger)

    async def _doubtful(self, row: int) -> bool:
        stored = await self._desk.messenger.database.read(lambda view: messages.get(view, row))
        if stored is None or stored.status != Status.FAILED:
            return False
        found = delivery.offers(Status.FAILED, stored.reason, encrypted=stored.bearer != Bearer.TEXT)
        return found.retry is Permit.WARNED

    async def _as_text(self, row: int) -> None:
        """Its price first; then the encrypted one is taken back, and only after that it goes as text."""
        messenger = self._desk.messenger
        found = await messenger.taking_back.price(row)
        title, words, yes = question(found)
        answers: tuple[tuple[object, str, Kind], ...] = (
            (False, _tr("Cancel"), "secondary"),
            (True, yes, "green"),
        )
        if await dialog.ask(self._desk.theme, self._over, title, words, answers) is True:
            await messenger.sending.as_text(row, taking_back.agreement(found))

    async def _delete(self, row: int) -> None:
        kept = await self._desk.messenger.taking_back.discard(row)
        self._desk.say(_tr("Message deleted"), _tr("Undo"), lambda: self._restore(kept))

    def _restore(self, kept: Removed) -> None:
        self._desk.bridge.spawn(self._over, self._desk.messenger.sending.restore(kept), name="undo")

    async def _rewrite(self, row: int) -> None:
        """Back into the composer of its conversation, once nobody can get it any more."""
        if self._keep is not None:
            await self._keep()
        conversation = await self._desk.messenger.taking_back.edit(row)
        if self._rewritten is not None:
            self._rewritten(conversation)


def question(found: Forecast) -> tuple[str, str, str]:
    """Title, words and the button of a yes to this text: how many segments, what is left, the price, no secret."""
    route, plan = found.choice.route, found.plan
    if route is None:
        return _tr("Send as Text Message?"), "", _tr("Send as Text Message")
    beyond = not route.mms and plan.kind is plans.Kind.LIMITED and not route.plan_left
    said = [_as_mms(found)] if route.mms else [_uses(route.segments), *_left(found, beyond=beyond)]
    if route.price:
        said.append(_tr("It costs {price}.").format(price=format.money(route.price, plan.currency)))
    elif route.unpriced:
        said.append(_tr("What it costs isn’t known."))
    elif route.mms:
        said.append(_tr("It costs nothing on top of your plan."))
    said.append(_tr("Texts aren’t encrypted. The encrypted message is taken back first, so that only one can arrive."))
    yes = _tr("Send Anyway") if beyond else _tr("Send as Text Message")
    return _tr("Send as Text Message?"), " ".join(said), yes


def _left(found: Forecast, *, beyond: bool) -> list[str]:
    """How the allowance stands before this message."""
    plan, left = found.plan, max(0, found.plan.allowance - found.used)
    if plan.kind is plans.Kind.UNLIMITED:
        return [_tr("Text messages are unlimited.")]
    if plan.kind is plans.Kind.PAY:
        return []
    if beyond and not left:
        return [_tr("You’ve used all {all} texts this month.").format(all=plan.allowance)]
    words = _tr("Only {left} of {all} left this month.") if beyond else _tr("{left} of {all} left this month.")
    return [words.format(left=left, all=plan.allowance)]


def _as_mms(found: Forecast) -> str:
    """It is no text of an allowance."""
    if found.rules.only_phones:
        return _tr("This message will go as 1 picture message.")
    return _tr("This message is too long for a text and will go as 1 MMS.")


def _uses(segments: int) -> str:
    if segments == 1:
        return _tr("This message will use 1 text.")
    return _tr("This message will use {count} texts.").format(count=segments)


def _sentence(error: errors.KingfisherError) -> str:
    """Other words than the usual ones."""
    if error.code == "already_sent":
        return _tr("This message may have arrived already, so it stays as it is.")
    return ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("remedies", text)
