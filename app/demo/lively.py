"""People who answer: they accept, read, think for a moment, write a line and are gone now and then."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from app.client import changes
from app.common import errors, tasks
from app.content.text import Text
from app.demo import green
from app.demo.people import Person
from app.storage import messages, people
from app.storage.transaction import View

NAMES: Final = ("Bob", "Carol", "Dave")
THINK: Final = 1.5  # seconds before the first letter, and again until the last
_LINES: Final = {
    "Bob": ("Sounds good to me.", "I am at the river until six.", "Tell me more 🙂", "Let’s do that.", "Ha, really?"),
    "Carol": ("Noon is fine.", "I will bring the map.", "On my way.", "Could we make it a little later?"),
    "Dave": ("Have we met?", "I found your address on the notice board.", "All right, another time then."),
}
_FIRST: Final = {
    "Bob": ("Hi Alice, welcome to Kingfisher.", "Write something back, I answer to everything."),
    "Carol": ("Did you see the kingfisher by the weir this morning?",),
    "Dave": ("Hello, is this Alice?",),
}
ACCEPTED: Final = ("Bob", "Carol")  # Dave stays a stranger, to be accepted or blocked in the window


@contextlib.asynccontextmanager
async def gathered(street: green.Street, alice: Person, others: Sequence[Person]) -> AsyncGenerator[None]:
    """Everybody registered; what they said first waits for Alice, and where there are phones one has answered her."""
    owner = tasks.TaskOwner("people")
    async with contextlib.AsyncExitStack() as stack:
        for person in (alice, *others):
            await person.register(street.relay)
        await alice.wake()
        for person in others:
            await person.wake()
            stack.push_async_callback(person.sleep)
            for words in _FIRST[person.name]:
                await person.write(alice.address, words)
            if person.name in ACCEPTED:
                await alice.accepts(person)
        if street.phones is None:
            print(green.WHY_NOT, flush=True)
        else:
            await green.prove(alice, street.phones)
            await green.write(alice, "Are you still at the river?")
            await green.answer(alice, street.phones, "Until six.")
        await alice.sleep()
        stack.push_async_callback(owner.close)
        for person in others:
            owner.spawn(_live(person), name=person.name)
        yield


async def _live(person: Person) -> None:
    """Answer whatever comes in, one after the other."""
    messenger = person.messenger
    lines = itertools.cycle(_LINES[person.name])
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    def heard(change: changes.Change) -> None:
        if isinstance(change, changes.MessagesChanged) and change.added:
            arrived.put_nowait(change.conversation)

    with messenger.hub.listening(heard):
        while True:
            conversation = await arrived.get()
            if not await messenger.database.read(lambda view, where=conversation: _theirs(view, where)):
                continue
            await asyncio.sleep(THINK)
            known = await messenger.database.read(lambda view, where=conversation: people.get(view, where))
            with contextlib.suppress(errors.KingfisherError):
                if known is not None and known.relation == "stranger":
                    await messenger.conversations.accept(conversation)
                await messenger.conversations.mark_read(conversation)
                await messenger.typing.say(conversation, on=True)
                await asyncio.sleep(THINK)
                await messenger.sending.send(conversation, Text(next(lines)))


def _theirs(view: View, conversation: bytes) -> bool:
    """Whether the last word was somebody else's."""
    last = messages.before(view, conversation, None, 1)
    return bool(last) and not last[0].outgoing
