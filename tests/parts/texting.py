"""A phone network at the edge of the world, played by a script, and people whose relay sends texts through it."""

import asyncio
import contextlib
import itertools
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.common import clock, errors
from app.crypto import pq
from app.protocol import devices, frames, limits, requests, segments, texts
from app.protocol.devices import KeyKind
from app.protocol.segments import Alphabet, Concatenation
from app.relay.limits import Limits
from app.relay.texts import base
from app.relay.texts.base import LinkState, MessageState
from app.relay.texts.caps import Rules
from app.relay.texts.texts import Texts
from tests.parts import relay as relays
from tests.parts.relay import Inside
from tests.parts.waiting import until
from tests.parts.wire_client import Gadget, Person, Wire, WireClient, now

OURS, OTHERS = "+12025550100", "+12025550109"
CAROL, DAVE = "+12025550123", "+12025550124"
PLENTY = Rules(texts_a_minute=10_000, texts_a_day=10_000, to_one_number=10_000, to_one_number_pause=0)

Answer = base.Submitted | Exception | asyncio.Event


class Network:
    """A gateway that takes everything, unless ``script`` says what comes next; an event is waited for first."""

    def __init__(self, name: str = "north", **able: object) -> None:
        self.name = name
        self.capabilities = base.Capabilities(**{"sources": (OURS,), **able})  # type: ignore[arg-type]
        self.asked: list[base.Segment | base.Sms | base.Mms] = []
        self.taken: list[tuple[str, base.Segment | base.Sms | base.Mms]] = []
        self.script: deque[Answer] = deque()
        self.sink: base.Sink | None = None
        self._ids = itertools.count(1)

    async def run(self, sink: base.Sink) -> None:
        self.sink = sink
        await sink.link_state(self.name, LinkState.BOUND, "")
        await asyncio.Event().wait()

    async def submit(self, item: base.Segment | base.Sms | base.Mms) -> base.Submitted:
        self.asked.append(item)
        answer = self.script.popleft() if self.script else base.Submitted(f"m{next(self._ids)}", 1, 7_500, "USD")
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = base.Submitted(f"m{next(self._ids)}", 1, 7_500, "USD")
        if isinstance(answer, Exception):
            raise answer
        self.taken.append((answer.message_id, item))
        return answer

    async def revoke(self, message_id: str, source: str, destination: str) -> bool:
        return False

    # what the network brings

    async def receipt(self, message_id: str, state: MessageState = MessageState.DELIVERED) -> bool:
        assert self.sink is not None
        return await self.sink.receipt(base.Receipt(self.name, message_id, state))

    async def receipts(self, state: MessageState = MessageState.DELIVERED) -> None:
        for message_id, _ in self.taken:
            assert await self.receipt(message_id, state)

    async def link(self, state: LinkState) -> None:
        assert self.sink is not None
        await self.sink.link_state(self.name, state, "")

    def incoming(self, text: str = "Hi Alice", source: str = CAROL, **changes: object) -> base.Incoming:
        plan = segments.plan(text)
        octets = segments.encode(text, plan.encoding)
        alphabet = Alphabet.GSM if plan.encoding is segments.Encoding.GSM_7 else Alphabet.UCS_2
        fields = {"destination": OURS, "octets": octets, "alphabet": alphabet, **changes}
        return base.Incoming(self.name, source, **fields)  # type: ignore[arg-type]

    def parts(self, text: str, reference: int = 7, width: int = 8, **changes: object) -> list[base.Incoming]:
        """A text as a phone cuts it, in order."""
        whole = base.cut(base.Sms("", "", text, b""), reference)
        alphabet = Alphabet.GSM if whole[0].encoding is segments.Encoding.GSM_7 else Alphabet.UCS_2
        return [
            self.incoming(
                octets=one.user_data, alphabet=alphabet,
                part=Concatenation(width, reference, one.total, one.sequence), **changes,
            )
            for one in whole
        ]  # fmt: skip

    async def text(self, text: str = "Hi Alice", **changes: object) -> bool:
        """A phone writes; whether it was acknowledged."""
        return await self.bring(self.incoming(text, **changes))  # type: ignore[arg-type]

    async def bring(self, *incoming: base.Incoming) -> bool:
        assert self.sink is not None
        return all([await self.sink.mobile_originated(one) for one in incoming])

    def words(self) -> str:
        """What a phone has on its screen, all segments taken joined."""
        return "".join(item.text for _, item in self.taken)

    def sequences(self) -> list[int]:
        """Which segments were taken, in order."""
        return [item.sequence for _, item in self.taken if isinstance(item, base.Segment)]


@dataclass
class Texter:
    """Somebody with a proved number, and their devices' keys for texts."""

    inside: Inside
    wire: Wire
    person: Person
    seeds: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    @contextlib.asynccontextmanager
    async def online(self, gadget: Gadget | None = None) -> AsyncGenerator[WireClient]:
        async with self.wire.online(gadget or self.person.gadgets[0]) as client:
            yield client

    async def publish(self, client: WireClient, gadget: Gadget | None = None, kinds: Sequence[KeyKind] = ()) -> None:
        """Keys to which texts can be sealed: one for once, and the last resort."""
        gadget = gadget or self.person.gadgets[0]
        made = {kind: self._prekey(gadget, kind) for kind in kinds or (KeyKind.PQ_ONE_TIME, KeyKind.PQ_LAST_RESORT)}
        once, last = made.get(KeyKind.PQ_ONE_TIME), made.get(KeyKind.PQ_LAST_RESORT)
        body = requests.PutPrekeys((), (once,) if once is not None else (), None, last)
        await self.wire.ask("PUT", limits.PREKEYS_PATH, body, requests.PrekeyCounts, client.token)

    def _prekey(self, gadget: Gadget, kind: KeyKind) -> devices.Signed:
        key_id, seed = secrets.token_bytes(8), pq.new_seed()
        self.seeds[key_id] = seed
        return devices.make_prekey(
            self.person.head, gadget.device, gadget.seed, kind, key_id, pq.public_of(seed), now(),
            now() + 30 * limits.DAY,
        )  # fmt: skip

    def open(self, frame: frames.DeliverText, gadget: Gadget | None = None) -> texts.TextBody:
        device = (gadget or self.person.gadgets[0]).device
        info = texts.info(self.wire.relay, self.person.account, device)
        return texts.decode(pq.hpke_open(self.seeds[frame.key_id], info, frame.sealed))

    async def prove(self) -> None:
        """As if a code had come to that number."""
        sql = "UPDATE address SET standing = 'proved' WHERE address = ?"
        await self.inside.store.directory._writer.call(  # type: ignore[attr-defined]
            lambda connection: connection.execute(sql, (self.person.address,)).fetchall()
        )


def submit_text(text: str = "Hello, Carol", to: str = CAROL, **changes: object) -> frames.SubmitText:
    fields = {
        "submit": secrets.token_bytes(16),
        "destination": to,
        "text": text,
        "segments": min(10, len(segments.plan(text).segments)),
        "valid_until": now() + limits.HOUR,
        **changes,
    }
    return frames.SubmitText(**fields)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def relay(
    data: Path,
    *gateways: base.Gateway,
    rules: Rules = PLENTY,
    caps: Limits | None = None,
    time: clock.Clock | None = None,
    port: int = 0,
) -> AsyncGenerator[Inside]:
    """A relay whose gateways are these."""
    async with relays.inside(data, time, caps=caps, gateways=gateways, texts=rules, listen_port=port) as running:
        await until(lambda: all(one.sink is not None for one in gateways if isinstance(one, Network)))
        yield running


@contextlib.contextmanager
def unanswered(*, kept: bool = False) -> Generator[None]:
    """Every relay says *busy* for ten minutes to whoever hands a text over, having ``kept`` it or not."""
    submit = Texts._submit

    async def busy(*args: Any) -> int:
        if kept:
            await submit(*args)
        raise errors.AgainLater("busy", retry_after=600)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Texts, "_submit", busy)
        yield


@contextlib.asynccontextmanager
async def wire(inside: Inside) -> AsyncGenerator[Wire]:
    async with Wire(inside.url) as opened:
        yield opened


async def join(inside: Inside, wire: Wire, number: str = "+12025550101", *, gadgets: int = 1) -> Texter:
    """Somebody new who has proved this number."""
    texter = Texter(inside, wire, await wire.join(number, gadgets=gadgets))
    await texter.prove()
    return texter
