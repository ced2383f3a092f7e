"""The table kind -> allowed sender, row by row, over a real relay: everyone tries every kind at Bob's device."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from app.common import ids
from app.content import annotations, base, payload
from app.content.annotations import ReceiptState
from app.content.text import Text
from app.domain import authority
from app.domain.delivery import Status
from app.storage import messages
from tests.parts import people, siblings
from tests.parts.adversary import Adversary, Said, Watcher
from tests.parts.lying_wire import LyingWire, lying_relay
from tests.parts.people import Present

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOB, ALICE, CAROL = "bob@example.com", "alice@example.com", "carol@example.com"
CONTACT, STRANGER, OWN, REMOVED = "contact", "stranger", "own device", "removed device"

OWN_ONLY, LOCAL, NOT_OWN, TO_WHOM = "own_devices_only", "never_sent", "not_from_own_device", "wrong_addressee"
Expected = set[str] | str  # the tables that change, or the reason of the refusal

# kind: what comes of it when a contact, a stranger and another own device say it to Bob
ROWS: dict[str, tuple[Expected, Expected, Expected]] = {
    "text": ({"messages"}, {"messages"}, TO_WHOM),
    "hologram": ({"messages"}, {"messages"}, TO_WHOM),
    "reaction": ({"annotations"}, {"annotations"}, {"annotations"}),
    "response": ({"annotations"}, {"annotations"}, {"annotations"}),
    "edit": ({"annotations", "messages"}, {"annotations", "messages"}, {"annotations", "messages"}),
    "retraction": ({"annotations", "messages"}, {"annotations", "messages"}, {"annotations", "messages"}),
    "receipt": ({"recipients", "messages"}, "wrong_conversation", set()),
    "profile": (set(), "not_for_strangers", NOT_OWN),
    "own/read": (OWN_ONLY, OWN_ONLY, {"conversations"}),
    "own/setting": (OWN_ONLY, OWN_ONLY, set()),
    "own/hologram": (OWN_ONLY, OWN_ONLY, set()),
    "link/repeat": ({"repeats"}, set(), set()),
    "link/nothing": (set(), set(), set()),
    "link/reset": (set(), set(), set()),
    "typing": (LOCAL, LOCAL, LOCAL),
    "notice/unreadable": (LOCAL, LOCAL, LOCAL),
}


@dataclass
class Stage:
    """Bob at home, with everyone who may try something. ``gone`` was a device of Alice."""

    bob: Present
    actors: dict[str, Adversary]
    watcher: Watcher
    wire: LyingWire
    to_bob: dict[str, list[Said]]  # what each of them wrote to Bob before
    from_bob: tuple[bytes, bytes]  # what Bob wrote to Alice: message, and the submit it went under
    entries: int = 1 << 40


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    folder: Path = tmp_path_factory.mktemp("authority")
    async with contextlib.AsyncExitStack() as stack:
        wire = await stack.enter_async_context(lying_relay(folder))
        joined = [await people.join(folder / address, wire.url, address) for address in (BOB, ALICE, CAROL)]
        bob, alice, carol = [await stack.enter_async_context(someone.online()) for someone in joined]
        # Bob's other device is there before anybody writes; Alice's is listed, used, and taken off again.
        laptop = await siblings.link(bob, folder / "laptop")
        other = await stack.enter_async_context(laptop.online())
        tablet = await siblings.link(alice, folder / "tablet")
        gone = await stack.enter_async_context(tablet.online())
        actors = {
            CONTACT: Adversary(alice),
            STRANGER: Adversary(carol),
            OWN: Adversary(other),
            REMOVED: Adversary(gone),
        }
        home = bob.messenger.me.account
        await alice.write(BOB, "hello Bob")
        to_bob = {role: [await actors[role].say(home, Text("before"))] for role in (CONTACT, STRANGER, REMOVED)}
        await bob.received(4)
        await bob.accept(ALICE)
        written = await bob.write(ALICE, "from Bob")
        await bob.status(written, Status.DELIVERED)
        entry = await bob.messenger.database.read(
            lambda view: view.value("SELECT submit FROM recipients WHERE account = ?", (actors[CONTACT].account,))
        )
        for role in (CONTACT, STRANGER):
            to_bob[role].append(await actors[role].say(home, Text("to be taken back")))
        peer = actors[CONTACT].account
        to_bob[OWN] = [await actors[OWN].say(home, Text(text), claims=peer) for text in ("a copy", "another copy")]
        await siblings.unlink(alice, actors[REMOVED].device)
        await gone.until(lambda _: gone.messenger.connection.state.final)
        await bob.until(lambda view: view.value("SELECT max(list_version) FROM people") == 3)
        watcher = Watcher(bob, alice, BOB)
        await watcher.honest()
        yield Stage(bob, actors, watcher, wire, to_bob, (written, entry))


def content_of(stage: Stage, kind: str, role: str) -> base.Form | None:
    """What fits this kind and this sender best: about a message it may speak about, if it may speak at all."""
    actor = stage.actors[role]
    peer = stage.actors[CONTACT if role in (OWN, REMOVED) else role].present
    said = stage.to_bob[role]
    about = base.Reference(
        payload.direct_conversation(stage.bob.messenger.me.account, peer.messenger.me.account),
        ids.AccountId(actor.account),
        ids.MessageId(said[-1 if kind == "retraction" else 0].message),
    )
    written, submit = stage.from_bob
    lost = annotations.Unopened(stage.bob.messenger.me.device, ids.SubmitId(submit))
    everything: dict[str, base.Form] = {
        "text": Text("hello"),
        "reaction": annotations.Reaction(about, "👍"),
        "response": annotations.Response(about, b"yes"),
        "edit": annotations.Edit(about, "other words"),
        "retraction": annotations.Retraction(about),
        "receipt": annotations.Receipt(ReceiptState.READ, (ids.MessageId(written),)),
        "profile": annotations.Profile(),
        "own/read": annotations.ReadMark(about.conversation, 2**46, about.message),
        "own/setting": annotations.Setting("send_read_receipts", "off"),
        "link/repeat": annotations.Repeat((lost,)),
        "link/nothing": annotations.Nothing(),
        "link/reset": annotations.Reset(asks=True),
    }
    return everything.get(kind)


async def attempt(stage: Stage, kind: str, role: str) -> None:
    """That sender says it to Bob; a copy where an own device speaks under another's name."""
    await stage.watcher.look()
    actor, home = stage.actors[role], stage.bob.messenger.me.account
    claims = None
    if role == OWN and authority.rule(kind).copies and kind not in ("text", "hologram"):
        claims = stage.actors[CONTACT].account
    content = content_of(stage, kind, role)
    if kind == "typing":
        sign = annotations.Typing(payload.direct_conversation(actor.account, home), on=True)
        said = await actor.seal(home, sign, claims=claims)
    else:
        said = await actor.seal(home, content, kind=kind, body=b"?", claims=claims, fallback="words for it")
    if role == REMOVED:
        # The relay has thrown it out; somebody hands its envelope over all the same.
        stage.entries += 1
        device = stage.bob.messenger.me.device
        await stage.wire.say(device, said.entry(actor.present, device, stage.entries))
    else:
        await actor.post(said.submit)


async def test_every_row_of_the_table_is_here() -> None:
    assert authority.TABLE.keys() <= ROWS.keys()


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("role", [CONTACT, STRANGER, OWN])
async def test_row(stage: Stage, kind: str, role: str) -> None:
    expected = ROWS[kind][(CONTACT, STRANGER, OWN).index(role)]
    actor = stage.actors[role]
    await attempt(stage, kind, role)
    if isinstance(expected, str):
        await stage.watcher.refused(expected, (actor.account, actor.device))
    else:
        await stage.watcher.did(*expected)


@pytest.mark.parametrize("kind", ROWS)
async def test_a_removed_device_says_nothing_any_more(stage: Stage, kind: str) -> None:
    actor = stage.actors[REMOVED]
    await attempt(stage, kind, REMOVED)
    await stage.watcher.refused("not_a_device", (actor.account, actor.device))


async def test_the_removed_device_is_out_at_the_relay_too(stage: Stage) -> None:
    state = stage.actors[REMOVED].messenger.connection.state
    assert (state.code, state.final) == ("not_a_device", True)


async def test_a_copy_of_a_sent_message_is_shown_as_sent(stage: Stage) -> None:
    account = stage.bob.messenger.me.account
    copy = stage.to_bob[OWN][0]
    found = await stage.bob.messenger.database.read(lambda view: messages.find(view, account, copy.message))
    assert found is not None
    assert (found.outgoing, found.countable, found.status) == (True, False, Status.SENT)
