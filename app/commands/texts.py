"""Commands about texts: what something would go as and cost, why it went so, the plan, and what has not left."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from app import sentences
from app.client import rendering, taking_back, text_plan, unsent
from app.client import why as reasons
from app.client.pictures import Chosen
from app.client.routing import Forecast, Wanted
from app.client.text_plan import TextPlan
from app.client.unsent import Unsent
from app.commands.session import Session
from app.common import errors
from app.content import base
from app.control import Output
from app.domain.bearer import Agreement, Bearer, Wish
from app.domain.delivery import Permit, Reason, Status
from app.storage import jobs, messages
from app.storage.messages import Message
from app.storage.people import Person
from app.storage.transaction import View

TERMS = 5.0  # seconds


def line(found: Forecast) -> rendering.Json:
    """As it is printed: ``bearer`` null while nobody knows, price in minor units, null if unknown."""
    choice, route = found.choice, found.choice.route
    return {
        **({"kind": "picture" if found.rules.only_phones else "mms"} if route is not None and route.mms else {}),
        "bearer": None if choice.bearer is Bearer.UNDECIDED else choice.bearer.value,
        "why": choice.why.value,
        "encoding": found.encoding or None if route is not None else None,
        "segments": route.segments if route is not None else 0,
        "price": (None if route.unpriced else route.price) if route is not None else 0,
        "left": route.left if route is not None else None,
    }


async def ready(session: Session) -> None:
    """Be connected and have heard the relay's terms, if that goes quickly; without them nothing is known."""
    with contextlib.suppress(errors.AgainLater, TimeoutError):
        await session.online()
        async with asyncio.timeout(TERMS):
            await session.messenger.routing.told.wait()


async def forecast(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Which way a message would go now; nothing is sent."""
    routing = session.messenger.routing
    await ready(session)
    person = await routing.person_for(asked.address, session.region)
    picture = await chosen(session, asked)
    wanted = Wanted.of(picture.content(asked.text)) if picture is not None else Wanted(asked.text)
    output.line(line(await routing.forecast(person.person, wanted)))
    return 0


@contextlib.asynccontextmanager
async def in_time(ends: float) -> AsyncGenerator[None]:
    """Ask the relay no longer than until then, by the loop's clock; nor is a refusal for good an error here."""
    with contextlib.suppress(errors.GiveUp, TimeoutError):
        async with asyncio.timeout_at(ends):
            yield


async def addressee(session: Session, asked: argparse.Namespace, ends: float) -> Person:
    """Whom an address means. Where another account has it by now, only a recorded yes goes to that one."""
    routing = session.messenger.routing
    person = await routing.person_for(asked.address, session.region)
    if not asked.yes or person.account is None:
        return person
    moved = False
    async with in_time(ends):  # else the message itself will say so
        await ready(session)
        moved = (await routing.forecast(person.person, Wanted(asked.text))).choice.why is Reason.OTHER_ACCOUNT
    return await routing.person_for(asked.address, session.region, anew=True) if moved else person


async def chosen(session: Session, asked: argparse.Namespace) -> Chosen | None:
    """The picture that a command names, made to fit; raises errors.GiveUp with the reason."""
    return await session.messenger.pictures.open(asked.picture) if asked.picture is not None else None


def no_picture(found: Forecast | None, output: Output) -> int:
    """A picture has one way, and it is never kept to wait for another."""
    if found is not None:
        output.line(line(found))
    output.say(sentences.for_code(found.choice.why if found is not None else Reason.NO_SUCH_ADDRESS))
    return 1


async def agreed(session: Session, person: bytes, content: base.Form, asked: argparse.Namespace) -> Forecast | None:
    """What the message of a send command would do, with its yes; None when there is no way there at all."""
    wanted = replace(Wanted.of(content), wish=Wish(asked.bearer))
    try:
        found = await session.messenger.routing.forecast(person, wanted)
    except errors.GiveUp:
        return None  # the message itself will say so
    route = found.choice.route
    if asked.yes and route is not None:
        yes = Agreement.to(route)
        return await session.messenger.routing.forecast(person, replace(wanted, agreed=yes))
    return found


async def why(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """What decided over the way of one message."""

    def find(view: View) -> int:
        found = sorted(messages.with_id(view, asked.id), key=lambda message: not message.outgoing)
        return found[0].row if found else 0

    database = session.messenger.database
    found = await reasons.why(database, await database.read(find))
    output.line(
        {
            "id": asked.id.hex(),
            **{name: getattr(found, name) for name in found.__struct_fields__},
            "asked_at": rendering.moment(found.asked_at),
            "came_at": rendering.moment(found.came_at),
        }
    )
    return 0


async def plan(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """The plan and what is left of it, after changing what is named; then, if wanted, the texts of a period."""
    texts = session.messenger.plan
    if asked.changes:
        words = [word.partition("=") for word in asked.changes]
        await texts.change(**{name: text_plan.understand(name, value) for name, _, value in words})
    found = await texts.standing()
    output.line(
        {
            **{name: getattr(found.plan, name) for name in found.plan.__struct_fields__},
            "period_start": rendering.moment(found.period.start),
            "period_end": rendering.moment(found.period.end),
            "used": found.used,
            "left": found.left,
            "spent": found.spent.get(found.plan.currency, 0),
        }
    )
    if asked.texts is not None:
        await _ledger(texts, asked.texts - 1, output)
    return 0


async def _ledger(texts: TextPlan, back: int, output: Output) -> None:
    """The texts of a period, newest first; ``back`` 0 is the one of now."""
    periods = await texts.periods()
    if back >= len(periods):
        return
    after: text_plan.Place | None = None
    while found := await texts.texts(periods[back], after):
        after = found[-1].place
        for each in found:
            output.line(
                {
                    "id": each.message.hex(),
                    "address": each.address,
                    "outgoing": each.outgoing,
                    "at": rendering.moment(each.at),
                    "state": each.state,
                    "segments": each.segments,
                    "mms": each.picture,
                    "price": each.price,
                    "currency": each.currency or None,
                }
            )
        await output.drain()


async def outbox(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Everything unsent; one of them tried again, taken back into the draft of its conversation, or discarded."""
    messenger = session.messenger
    database, sending, back = messenger.database, messenger.sending, messenger.taking_back
    if asked.action is not None:
        found = [each for each in await unsent.unsent(database) if each.message == asked.id]
        if not found:
            raise errors.GiveUp("no_job")
        if asked.action != "retry" and found[0].about:
            raise errors.GiveUp("already_sent")  # the message is, and what was said about it comes with it
        if asked.action == "retry" and found[0].actions.retry is Permit.WARNED and not asked.yes:
            output.say("Nothing was sent: it may have arrived already, and would then arrive twice; agree with --yes.")
            return 1
        if asked.action != "retry" and found[0].asks:
            await ready(session)  # the relay may have it
        await {"retry": sending.retry, "edit": back.edit, "discard": back.discard}[asked.action](found[0].row)
    for each in await unsent.unsent(database):
        output.line(
            {
                "id": each.message.hex(),
                "address": each.address or None,
                "text": each.words,
                "about": each.about or None,
                "bearer": each.bearer,
                "failed": each.failed,
                "reason": each.reason or None,
                "next_try": rendering.moment(each.next_try),
                "tries": each.tries,
                "cause": sentences.for_code(each.reason) if each.reason else None,
                "written_at": rendering.moment(each.written_at),
                "actions": _actions(each),
            }
        )
    return 0


def _actions(each: Unsent) -> list[str]:
    """What makes sense, by the names of the commands."""
    offered = {
        "retry": each.actions.retry is not Permit.NO,
        "send-as-text": each.actions.text is not Permit.NO,
        "edit": each.edit,
        "discard": True,
    }
    return [name for name, there in offered.items() if there]


async def as_text(session: Session, asked: argparse.Namespace, output: Output) -> int:
    """Send something that waits, failed or was not delivered as a text; without the yes only what it would cost."""
    messenger = session.messenger

    def find(view: View) -> int:
        found = [message.row for message in messages.with_id(view, asked.id) if message.outgoing]
        return found[0] if found else 0

    row = await messenger.database.read(find)
    if not row:
        raise errors.GiveUp("no_message")
    await ready(session)
    found = await messenger.taking_back.price(row)
    if not asked.yes:
        output.line(line(found))
        output.say("Nothing was sent: this message would go as a text; agree with --yes.")
        return 1
    await messenger.sending.as_text(row, taking_back.agreement(found))
    return await finish(session, row, asked, output)


async def finish(session: Session, row: int, asked: argparse.Namespace, output: Output) -> int:
    """Wait until it is decided, and say what it went as: it stays encrypted where somebody has it already."""
    messenger = session.messenger

    def look(view: View) -> bool:
        return not any(job.state in ("waiting", "sealed") for job in jobs.of_message(view, row))

    async def settled() -> bool:
        return session.refused is not None or await messenger.database.read(look)

    await session.until(settled, asked.timeout)

    def report(view: View) -> tuple[Message | None, rendering.Json]:
        stored = messages.get(view, row)
        return stored, rendering.Printer(view, messenger.me).sent(stored) if stored is not None else {}

    stored, printed = await messenger.database.read(report)
    if stored is None:
        raise errors.GiveUp("no_message")
    output.line(printed)
    if stored.status == Status.FAILED:
        output.say(sentences.for_code(stored.reason))
        return 1
    if stored.bearer != Bearer.TEXT and await messenger.database.read(look):
        output.say(sentences.for_code("already_sent"))
        return 1
    return 0 if await messenger.database.read(look) else 3


async def rich_messaging(session: Session, value: str | None, output: Output) -> int:
    """The rich switch; returns when the directory has confirmed."""
    if value is not None:
        if value not in ("on", "off"):
            raise errors.GiveUp("bad_value")
        await session.online()
        await session.messenger.rich.switch(value == "on")
    output.line({"key": "rich_messaging", "value": await session.messenger.rich.state()})
    return 0
