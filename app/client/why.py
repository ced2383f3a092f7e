"""Why a message went the way it did, for whoever asks about a bubble: the lookup, its time, the rule, the price."""

import msgspec

from app.common import errors
from app.domain.bearer import Bearer, Why
from app.domain.delivery import Status
from app.storage import jobs, messages, routes
from app.storage.database import Database
from app.storage.messages import Message
from app.storage.routes import Route
from app.storage.transaction import View

PROVEN = "proven"  # it came encrypted, under keys that its sender's account vouches for
NOT_PROVEN = "not_proven"  # a text that came from a phone: nobody has proved who sent it
WAITING = "waiting"  # it has not left, and which way it goes is decided when it does


class Reasons(msgspec.Struct, frozen=True):
    """What decided, for one recipient.

    ``bearer`` is rich, text, none or undecided, ``why`` a word of domain.bearer.Why, a reason of failure, PROVEN,
    NOT_PROVEN or WAITING. ``came_at``: when the relay had taken what came in, for which nothing is looked up.
    ``capability`` is what the directory had answered at ``asked_at`` (milliseconds, 0: it was not asked), ``policy``
    the conversation's choice, ``yes`` whether the user agreed to this one. ``price`` is in minor units of ``currency``;
    None: nobody has said.
    """

    bearer: str
    why: str
    capability: str = ""
    asked_at: int = 0
    policy: str = ""
    ever_rich: bool = False
    yes: bool = False
    segments: int = 0
    price: int | None = 0
    currency: str = ""
    mms: bool = False
    came_at: int = 0


async def why(database: Database, row: int) -> Reasons:
    """Of one message; raises GiveUp ``no_message``."""
    return await database.read(lambda view: _why(view, row))


def _why(view: View, row: int) -> Reasons:
    stored = messages.get(view, row)
    if stored is None:
        raise errors.GiveUp("no_message")
    if not stored.outgoing:
        proof = NOT_PROVEN if stored.bearer == Bearer.TEXT else PROVEN
        return Reasons(stored.bearer, proof, came_at=stored.received_at or stored.sent_at)
    kept = routes.of_row(view, row)
    if kept and _decides(kept[0], stored):
        one = kept[0]
        return Reasons(
            one.bearer, one.why, one.capability, one.asked_at, one.policy, one.ever_rich, one.yes, one.segments,
            None if one.price == routes.UNKNOWN else one.price, one.currency, one.mms,
        )  # fmt: skip
    if stored.status == Status.FAILED:
        return Reasons(stored.bearer, stored.reason)
    if stored.status == Status.QUEUED and stored.ord >= messages.PENDING:
        return _waits(view, row)
    return Reasons(stored.bearer, Why.RICH)  # from before its lookup was kept


def _decides(kept: Route, stored: Message) -> bool:
    """Not a try of before, nor what was decided before it failed for another reason."""
    if stored.status == Status.FAILED:
        return kept.bearer in (Bearer.TEXT, Bearer.NONE)
    return kept.bearer == stored.bearer and stored.ord < messages.PENDING


def _waits(view: View, row: int) -> Reasons:
    """What the last try met, where it was the directory; else nothing was decided yet."""
    met = {job.reason for job in jobs.of_message(view, row)}
    for why in (Why.UNCONFIRMED, Why.DIRECTORY_SILENT):
        if why in met:
            return Reasons(Bearer.UNDECIDED, why)
    return Reasons(Bearer.UNDECIDED, WAITING)
