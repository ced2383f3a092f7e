"""The demonstration without a window: four people who talk, go offline, come back, block and meet a dead end."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from app.common import journal
from app.common.profile import Profile
from app.demo import green
from app.demo.people import NOBODY, Person, Relay, Said
from app.demo.phones import Kannel
from app.domain.delivery import Reason, Status
from app.storage import messages
from app.storage.transaction import View


@dataclass(slots=True)
class Demo:
    """The people, what they said, and the telling of it."""

    relay: Relay
    alice: Person
    bob: Person
    carol: Person
    dave: Person
    phones: Kannel | None = None
    said: list[Said] = field(default_factory=list[Said])

    @property
    def everybody(self) -> tuple[Person, ...]:
        return (self.alice, self.bob, self.carol, self.dave)

    def tell(self, sentence: str) -> None:
        print(f"· {sentence}", flush=True)

    async def say(self, author: Person, to: Person | str, words: str, wanted: Status, reason: str = "") -> Said:
        """Write a message that is to end in that status."""
        address = to if isinstance(to, str) else to.address
        name = to if isinstance(to, str) else to.name
        said = Said(author, name, await author.write(address, words), words, wanted, reason)
        self.said.append(said)
        print(f"  {author.name} to {name}: {words}", flush=True)
        return said

    async def reaches(self, said: Said, status: Status) -> None:
        """Wait for a status on the way, and show it."""

        def there(view: View) -> bool:
            stored = messages.get(view, said.row)
            return stored is not None and stored.status == status

        await said.author.until(there, f"“{said.words}” becoming {status}")
        print(f"    {status.value}", flush=True)

    async def gather(self) -> None:
        """The accounts; one after the other, since each passphrase takes a quarter of a gibibyte to stretch."""
        await self.relay.start()
        self.tell(f"A relay runs on {self.relay.url}")
        for person in self.everybody:
            await person.register(self.relay)
            await person.wake()
        self.tell("Alice, Bob, Carol and Dave have registered and are online; Bob and Carol quit again")
        await self.bob.sleep()
        await self.carol.sleep()

    async def first_words(self) -> None:
        """A stranger's message is *sent*, and no more until it is accepted."""
        alice, bob = self.alice, self.bob
        hello = await self.say(alice, bob, "Hello Bob, are you there?", Status.READ)
        await self.reaches(hello, Status.SENT)
        await bob.wake()
        await bob.hears(hello)
        self.tell("Bob is back and has it; Alice is a stranger, so she is told nothing until he accepts her")
        await bob.accepts(alice)
        await self.reaches(hello, Status.DELIVERED)
        await bob.reads(alice)
        await self.reaches(hello, Status.READ)
        answer = await self.say(bob, alice, "Yes, just back. How are you?", Status.READ)
        await alice.hears(answer)
        await alice.reads(bob)
        await self.reaches(answer, Status.READ)

    async def apart(self) -> None:
        """Two people who are never online at the same time."""
        alice, carol = self.alice, self.carol
        await carol.wake()
        question = await self.say(carol, alice, "Shall we meet at noon?", Status.READ)
        await self.reaches(question, Status.SENT)
        await alice.hears(question)
        await carol.sleep()
        self.tell("Carol quits; Alice answers her, which accepts her")
        answer = await self.say(alice, carol, "Noon is fine.", Status.DELIVERED)
        await self.reaches(answer, Status.SENT)
        await alice.sleep()
        self.tell("Alice quits; Carol comes back")
        await carol.wake()
        await carol.hears(answer)
        await self.reaches(question, Status.DELIVERED)
        await alice.wake()
        await self.reaches(answer, Status.DELIVERED)
        await alice.reads(carol)
        await self.reaches(question, Status.READ)

    async def unwanted(self) -> None:
        """A blocked sender learns nothing; an address without an account is a dead end that is said."""
        await self.carol.blocks(self.dave)
        self.tell("Carol has blocked Dave; he gets the answer that everybody gets, and nothing after it")
        await self.reaches(await self.say(self.dave, self.carol, "Buy this!", Status.SENT), Status.SENT)
        lost = await self.say(self.bob, NOBODY, "Anybody?", Status.FAILED, Reason.NOT_ON_KINGFISHER)
        await self.reaches(lost, Status.FAILED)

    async def green(self) -> None:
        """Somebody without Kingfisher: a phone."""
        if self.phones is None:
            self.tell(green.WHY_NOT)
            return
        await green.prove(self.alice, self.phones)
        self.tell(f"Alice has proved the number {green.OWN} with the code that came to it")
        said = await green.write(self.alice, "Are you still at the river?")
        self.said.append(said)
        print(f"  Alice to {said.to}: {said.words}", flush=True)
        await self.reaches(said, Status.DELIVERED)
        await green.answer(self.alice, self.phones, "Until six.")
        print("  a phone to Alice: Until six.", flush=True)

    async def restart(self) -> None:
        """The relay goes away in the middle."""
        alice, bob = self.alice, self.bob
        await self.relay.stop()
        self.tell("The relay is stopped")
        waiting = [
            await self.say(alice, bob, "Is the relay gone?", Status.DELIVERED),
            await self.say(alice, bob, "I write on all the same.", Status.DELIVERED),
            await self.say(bob, alice, "So do I.", Status.DELIVERED),
        ]
        for said in waiting:
            await self.reaches(said, Status.QUEUED)
        await self.relay.start()
        self.tell("The relay is back")
        for said in waiting:
            await self.reaches(said, Status.DELIVERED)

    async def results(self) -> bool:
        """The transcript with its statuses; True when each is what it should be, and both sides agree on the order."""
        right = True
        rows = [("from", "to", "message", "status", "")]
        for said in self.said:
            stored = await said.author.messenger.database.read(lambda view, row=said.row: messages.get(view, row))
            status, reason = (stored.status, stored.reason) if stored is not None else ("gone", "")
            good = (status, reason) == (said.wanted.value, str(said.reason))
            right = right and good
            shown = f"{status} ({reason})" if reason else status
            rows.append((said.author.name, said.to, said.words, shown, "" if good else f"should be {said.wanted}"))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        print()
        for row in rows:
            print("  ".join(text.ljust(width) for text, width in zip(row, (*widths, 0), strict=True)).rstrip())
        for one, other in ((self.alice, self.bob), (self.alice, self.carol)):
            same = await one.conversation(other) == await other.conversation(one)
            print(f"{one.name} and {other.name} see {'the same order' if same else 'DIFFERENT ORDERS'}.")
            right = right and same
        return right

    async def run(self) -> bool:
        try:
            await self.gather()
            await self.first_words()
            await self.apart()
            await self.unwanted()
            await self.green()
            await self.restart()
            return await self.results()
        finally:
            for person in self.everybody:
                await person.sleep()
            await self.relay.stop()


async def play(folder: Path) -> bool:
    """Play it in that folder; True when every message ended as it should. Raises people.Failed."""
    log = journal.log_to(Profile(folder))
    alice, bob, carol, dave = (Person(name, folder) for name in ("Alice", "Bob", "Carol", "Dave"))
    try:
        async with green.street(folder) as street:
            return await Demo(street.relay, alice, bob, carol, dave, street.phones).run()
    finally:
        logging.getLogger().removeHandler(log)
        log.close()
