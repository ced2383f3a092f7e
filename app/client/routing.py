"""Which way a message goes: asks the directory, and binds a job to the account that answered."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator
from typing import Final

import msgspec
from msgspec.structs import replace

from app.client import by_text, peers
from app.common import clock, errors, ids, local
from app.content import base
from app.domain import bearer
from app.domain import plan as plans
from app.domain.bearer import Agreement, Capability, Choice, Rules, TextRoute, Texts, Wish
from app.domain.conversation import Policy
from app.domain.delivery import Reason
from app.protocol import address as addresses
from app.protocol import codes, frames, segments
from app.protocol.devices import DeviceList
from app.storage import conversations, ledger, own, people
from app.storage.database import Database
from app.storage.people import Person
from app.storage.transaction import Tx, View

log = logging.getLogger(__name__)


class Lookup(msgspec.Struct, frozen=True):
    """What the directory says of an address; ``rich`` is None when nobody answered.

    ``moved``: it was that of somebody known here, and another account's by now. ``limit`` is what the relay said
    instead of an answer, where it was asked too often.
    """

    address: str
    rich: bool | None
    devices: int
    moved: bool = False
    limit: errors.AgainLater | None = None


TERMS_WITHIN: Final = 2.0  # seconds after a login; they come right behind Welcome
NO_TEXTS: Final = frames.TextTerms(False, why="no_gateway")  # a relay that says nothing has no gateway


class Wanted(msgspec.Struct, frozen=True):
    """What is to be sent: its words (None: no text can say it), the wish, the yes, and the submit it has already.

    With a ``piece`` it is an MMS, whatever its words.
    """

    words: str | None
    wish: Wish = Wish.AUTO
    agreed: Agreement | None = None
    submit: bytes = b""
    piece: base.Piece | None = None

    @staticmethod
    def of(content: base.Content | None) -> "Wanted":
        """The words of a content, and what goes with them as an MMS."""
        piece = content.piece() if content is not None else None
        if content is None:
            return Wanted(None)
        return Wanted(piece.words if piece is not None else content.as_text(), piece=piece)

    @property
    def something(self) -> bool:
        return bool(self.words) or self.piece is not None


class Forecast(msgspec.Struct, frozen=True):
    """Which way something would go now, and everything that decided it; the outbox asks the same before it sends.

    ``asked_at`` (milliseconds) is when the directory gave this answer, 0 when it gave none. ``number`` is where a text
    would go, ``encoding`` and ``used`` (segments of this period, without these) are empty or 0 unless there is a way.
    ``room`` is how many characters more fit into the last of its segments, ``plainer`` how many segments it would be
    with plain quotes, dashes and spaces where those are fewer, else 0. ``moved`` is the address that another account
    has by now, where that is why nothing is sent.
    """

    person: bytes
    choice: Choice
    capability: Capability
    asked_at: int
    rules: Rules
    number: str = ""
    encoding: str = ""
    plan: plans.Plan = plans.Plan()
    used: int = 0
    room: int = 0
    plainer: int = 0
    head: DeviceList | None = None
    moved: str = ""


class Routing:
    """Answers before something is sent, and confirms when it is.

    ``terms`` are what the relay said last about texts; ``texts`` is asked each time whether the user wants any.
    """

    def __init__(
        self,
        database: Database,
        directory: peers.Peers,
        time: clock.Clock,
        texts: Callable[[], Texts] = lambda: Texts.AUTOMATIC,
    ) -> None:
        self._database = database
        self._clock = time
        self._peers = directory
        self._texts = texts
        self.terms = NO_TEXTS
        self.told = asyncio.Event()  # set once the relay has had its say about texts in this session

    async def lookup(self, text: str, region: str | None = None) -> Lookup:
        """Ask about an address as typed; raises errors.Malformed (``bad_address``) and Untrusted."""
        address = addresses.parse(text, region).text
        try:
            answer = await self._peers.ask(address)
        except errors.AgainLater as error:
            return Lookup(address, None, 0, limit=error if error.code == codes.Code.RATE_LIMITED else None)
        known = await self._database.read(lambda view: people.by_address(view, address))
        moved = known is not None and _another(known, answer)
        if answer.head is None or not answer.head.rich:
            return Lookup(address, False, 0, moved)
        return Lookup(address, True, len(answer.head.devices), moved)

    async def takes_texts(self, address: str) -> bool:
        """Whether a text could leave for this address: a number, and a relay that sends texts for this account."""
        if not address.startswith("+"):
            return False
        await self._terms()
        return self._sends_texts

    @property
    def _sends_texts(self) -> bool:
        return self.terms.available or self.terms.why == "gateway_down"

    async def _terms(self) -> None:
        """Wait for what the relay says of texts, which comes right behind its Welcome or not at all."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TERMS_WITHIN):
                await self.told.wait()

    async def person_for(self, text: str, region: str | None = None, *, anew: bool = False) -> Person:
        """The person behind an address as typed: known, or found in the directory, or for now nothing but the address.

        ``anew`` is the user's yes to whoever has the address by now, where that is another account: a new person, to
        whom it belongs from now on. Raises errors.Malformed (``bad_address``).
        """
        address = addresses.parse(text, region).text
        known = await self._database.read(lambda view: people.by_address(view, address))
        if known is not None and not anew:
            return known
        with contextlib.suppress(errors.AgainLater, errors.GiveUp):
            answer = await self._peers.ask(address)
            if answer.head is not None:
                return await self._peers.meet(address, answer)

        def write(tx: Tx) -> Person:
            known = people.by_address(tx, address)
            if known is not None:
                return known
            person = ids.random_id()
            people.create(tx, person)
            people.put_address(tx, address, person)
            conversations.ensure_direct(tx, person)
            return peers.required(people.get(tx, person))

        return await self._database.write(write)

    async def check_claim(self, account: bytes) -> None:
        """Join the address an account says it has to its person, once the directory says so too.

        Somebody known by that address alone is then one with them. Nothing happens when the directory says otherwise,
        when nobody answers, or when the address is known to be another account's.
        """

        def look(view: View) -> str:
            known = people.by_account(view, account)
            if known is None or known.relation == "blocked" or people.addresses(view, [known.person]):
                return ""
            holder = people.by_address(view, known.claimed_address)
            return known.claimed_address if holder is None or holder.account is None else ""

        claimed = await self._database.read(look)
        if not claimed:
            return
        try:
            address = addresses.normal(claimed).text
            answer = await self._peers.ask(address)
        except (errors.AgainLater, errors.GiveUp) as error:
            log.info("a claimed address could not be checked: %s", error.code)
            return
        if answer.head is not None and answer.head.account == account:
            await self._peers.meet(address, answer)

    async def forecast(self, person: bytes, wanted: Wanted, *, meet: bool = False) -> Forecast:
        """Which way a message to this person would go now. ``meet``: keep whoever answers for an address by now.

        Raises GiveUp (``no_such_address``, ``blocked``), Untrusted for a list that does not hold.
        """

        def look(view: View) -> tuple[Person | None, list[str]]:
            return people.get(view, person), [each.address for each in people.addresses(view, [person])]

        known, found = await self._database.read(look)
        if known is None:
            raise errors.GiveUp(Reason.NO_SUCH_ADDRESS)
        if known.relation == "blocked":
            raise errors.GiveUp(Reason.BLOCKED)
        capability, head = await self._capability(known, found[0] if found else "", meet=meet)
        number = next((each for each in found if each.startswith("+")), "")
        goes_to, moved = number or (found[0] if found else ""), ""
        if capability in (Capability.NOT_RICH, Capability.UNCONFIRMED) and await self._moved(known, goes_to):
            capability, head, moved = Capability.MOVED, None, goes_to
        asked_at = 0 if capability is Capability.UNKNOWN else self._clock.now()
        decided = capability in (Capability.RICH, Capability.UNKNOWN) and wanted.wish is not Wish.TEXT
        if number and not decided:
            await self._terms()
        return await self._database.read(
            lambda view: self._decide(
                view,
                known,
                wanted,
                Forecast(
                    person,
                    Choice(bearer.Bearer.UNDECIDED, bearer.Why.DIRECTORY_SILENT),
                    capability,
                    asked_at,
                    Rules(),
                    number,
                    head=head,
                    moved=moved,
                ),
            )
        )

    async def revise(self, found: Forecast, wanted: Wanted) -> Forecast:
        """The same answer of the directory for other words, another plan or other rules; nobody is asked again.

        Raises GiveUp as ``forecast``.
        """
        return await self._database.read(lambda view: self.revised(view, found, wanted))

    def revised(self, view: View, found: Forecast, wanted: Wanted) -> Forecast:
        """As ``revise``, in the transaction of whoever acts on it."""
        known = people.get(view, found.person)
        if known is None:
            raise errors.GiveUp(Reason.NO_SUCH_ADDRESS)
        if known.relation == "blocked":
            raise errors.GiveUp(Reason.BLOCKED)
        return self._decide(view, known, wanted, found)

    async def _capability(self, known: Person, address: str, *, meet: bool) -> tuple[Capability, DeviceList | None]:
        try:
            if known.account is None:
                answer = await self._peers.ask(address) if address else peers.Answer(None)
                if answer.head is None or not answer.head.rich:
                    return Capability.NOT_RICH, None
                if meet:
                    await self._peers.meet(address, answer)
                return Capability.RICH, answer.head
            with _unconfirmed():
                head = await self._peers.current(known.account)
                await self._peers.freshen(known, self._clock.now())
                head = await self._peers.current(known.account)
                if not head.rich:  # they may be on again
                    head = await self._peers.refresh(known.account)
            return (Capability.RICH if head.rich else Capability.NOT_RICH), head
        except errors.AgainLater as error:
            return (Capability.UNCONFIRMED if error.code == bearer.Why.UNCONFIRMED else Capability.UNKNOWN), None

    async def _moved(self, known: Person, address: str) -> bool:
        """Whether somebody who is not reached encrypted any more has lost this address to another account."""
        if known.account is None or not address:
            return False
        with contextlib.suppress(errors.AgainLater, errors.GiveUp):
            return _another(known, await self._peers.ask(address))
        return False

    def _decide(self, view: View, known: Person, wanted: Wanted, so_far: Forecast) -> Forecast:
        stored, where = own.load(view), conversations.get(view, known.person)
        rules = Rules(
            rich_on=stored is None or stored.rich in ("on", "returning"),
            policy=Policy(where.bearer) if where is not None else Policy.AUTOMATIC,
            ever_rich=known.ever_rich or known.account is not None,
            wish=wanted.wish,
            texts=self._texts(),
            only_phones=wanted.piece is not None,
        )
        agreed = plans.Plan() if not so_far.number or not wanted.something else ledger.plan(view)
        period = plans.period_of(agreed, view.now, local.ZONE)
        used = ledger.used(view, period, incoming=agreed.incoming_counts, but=wanted.submit)
        alphabet = segments.Alphabet[self.terms.alphabet.upper()]
        cut = segments.plan(wanted.words or "", alphabet)
        route = self._route(wanted, cut, agreed, used) if so_far.number else None
        yes = wanted.agreed is not None and wanted.agreed.covers(route)
        # A yes to less than this is none, also where the plan alone would not have asked for one.
        ask = wanted.agreed is not None and not yes and wanted.wish is Wish.AUTO
        rules = replace(rules, yes=yes, wish=Wish.ASK if ask else wanted.wish)
        choice = bearer.choose(so_far.capability, rules, route)
        words = route is not None and not route.mms
        encoding, room = (cut.encoding.value, cut.left) if words else ("", 0)
        fewer = by_text.fewer(wanted.words or "", cut, alphabet) if route is not None and wanted.piece is None else 0
        return replace(
            so_far, choice=choice, rules=rules, encoding=encoding, plan=agreed, used=used, room=room, plainer=fewer
        )

    async def in_advance(self, words: str) -> Agreement:
        """A yes to these words as a text while nobody can say how they go: for as much as the own plan says now."""

        def look(view: View) -> Agreement:
            agreed = ledger.plan(view)
            period = plans.period_of(agreed, view.now, local.ZONE)
            used = ledger.used(view, period, incoming=agreed.incoming_counts, but=b"")
            cut = segments.plan(words, segments.Alphabet[self.terms.alphabet.upper()])
            route = by_text.words(self.terms, words, cut, agreed, used)
            return Agreement.to(route)

        return await self._database.read(look)

    def _route(self, wanted: Wanted, cut: segments.Plan, agreed: plans.Plan, used: int) -> TextRoute | None:
        if not self._sends_texts:
            return None
        if wanted.piece is not None:
            return by_text.picture(self.terms, wanted.piece, agreed, used)
        return by_text.words(self.terms, wanted.words, cut, agreed, used) if wanted.words else None

    async def confirm(self, person: bytes) -> DeviceList:
        """The list to seal for, as the directory has it for this person now.

        Raises AgainLater while nobody answers, or when a known account is said not to be there without a signature
        (``unconfirmed``), Untrusted for a list that does not hold, and GiveUp with the reason
        (``not_on_kingfisher``, ``no_longer_rich``, ``blocked``) when no encrypted way leads there.
        """

        def look(view: View) -> tuple[Person | None, str]:
            found = people.addresses(view, [person])
            return people.get(view, person), found[0].address if found else ""

        known, address = await self._database.read(look)
        if known is None:
            raise errors.GiveUp(Reason.NO_SUCH_ADDRESS)
        if known.relation == "blocked":
            raise errors.GiveUp(Reason.BLOCKED)
        if known.account is None:
            answer = await self._peers.ask(address)
            self._choose(answer.head, ever_rich=False)
            met = await self._peers.meet(address, answer)
            if met.account is None:
                raise errors.Broken("no_account")
            return await self._peers.current(met.account)
        with _unconfirmed():
            await self._peers.current(known.account)
            await self._peers.freshen(known, self._clock.now())
            head = await self._peers.current(known.account)
        self._choose(head, ever_rich=known.ever_rich)
        return head

    async def current(self, account: bytes) -> DeviceList:
        """The list of an account that a job is bound to already; raises AgainLater (``unconfirmed``)."""
        with _unconfirmed():
            return await self._peers.current(account)

    async def refresh(self, account: bytes) -> DeviceList:
        """Its newest list, asked for because the relay said that devices have changed."""
        with _unconfirmed():
            return await self._peers.refresh(account)

    def _choose(self, head: DeviceList | None, *, ever_rich: bool) -> None:
        capability = bearer.Capability.RICH if head is not None and head.rich else bearer.Capability.NOT_RICH
        choice = bearer.choose(capability, bearer.Rules(ever_rich=ever_rich))
        if choice.bearer is not bearer.Bearer.RICH:
            raise errors.GiveUp(str(choice.why))


def _another(known: Person, answer: peers.Answer) -> bool:
    return known.account is not None and answer.head is not None and answer.head.account != known.account


@contextlib.contextmanager
def _unconfirmed() -> Generator[None]:
    """An account once known is off only when its signed list says so: the relay's bare *not found* is waited out."""
    try:
        yield
    except errors.GiveUp as error:
        if error.code != "not_found":
            raise
        raise errors.AgainLater(bearer.Why.UNCONFIRMED) from error
