"""Pictures from phones and to them: encoded anew, in the store only, and once, whatever happens in between."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.client import folding, pictures, why
from app.client.pictures import Chosen
from app.client.routing import Wanted
from app.client.sending import Written
from app.commands.session import Session
from app.common import errors
from app.content.picture import Picture
from app.content.text import Text
from app.domain.bearer import Agreement, Bearer, TextRoute
from app.domain.delivery import Reason, Status
from app.domain.plan import Kind, Plan
from app.relay.texts import base
from app.relay.texts.base import MmsPart
from app.storage import ledger, messages
from app.storage.pictures import Stored
from tests.cli.test_texts import run
from tests.media import samples
from tests.parts import people, texting
from tests.parts.people import Present
from tests.parts.texting import CAROL, OURS, Network
from tests.parts.waiting import until
from tests.stories.test_texts import ALICE, BOB, EVER, alice, prove, settled, to


async def shown(present: Present, address: str = CAROL) -> list[object]:
    person = await present.messenger.conversations.find(address)

    def read(view):
        return [folding.shown(view, each).content for each in messages.before(view, person.person, None, 50)]

    return await present.messenger.database.read(read)


async def rows(present: Present, address: str = CAROL) -> list[int]:
    person = await present.messenger.conversations.find(address)
    return await present.messenger.database.read(
        lambda view: [each.row for each in messages.before(view, person.person, None, 50)]
    )


async def test_what_comes_from_a_phone_is_shown_and_nothing_of_it_lies_about(tmp_path: Path) -> None:
    """A photograph, a drawing, a page that says it is one, a voice: each a message, the first with the words."""
    photograph = samples.photograph(640, 480)
    async with alice(tmp_path) as (present, network, _):
        await present.status(await to(present, CAROL, "Send me some"), Status.SENT)
        await settled(present, 1)
        media = (
            MmsPart("application/smil", "layout.smil", b"<smil/>"),
            MmsPart("image/jpeg", "../../holiday.jpg", photograph),
            MmsPart("text/plain", "words.txt", "…as promised".encode()),
            MmsPart("image/png", "map.png", samples.drawing()),
            MmsPart("image/jpeg", "trap.jpg", b"<html>" + samples.SECRET),
            MmsPart("audio/amr", "voice.amr", b"#!AMR\n" + samples.SECRET),
        )
        for _ in range(2):
            assert await network.text("Here you are", destination=OURS, media=media, gateway_ref="one")
        await present.received(4)
        found = (await shown(present))[1:]
        first, drawn, trap, voice = found
        assert isinstance(first, Picture) and isinstance(drawn, Picture)
        assert isinstance(trap, Picture) and isinstance(voice, Picture)
        assert (first.content_type, first.width, first.height) == ("image/jpeg", 640, 480)
        assert first.text == "Here you are\n…as promised"
        assert (drawn.content_type, drawn.width, drawn.text) == ("image/png", 120, "")
        assert not trap.shown and not voice.shown and voice.content_type == "audio/amr"
        kept = [await present.messenger.pictures.stored(row) for row in (await rows(present))[1:]]
        assert all(samples.SECRET not in each.octets + each.thumbnail for each in kept[:2])
        assert len(kept[0].octets) == first.octets and kept[0].thumbnail
        assert kept[2].octets.endswith(samples.SECRET) and not kept[2].thumbnail
        assert [pictures.file_name(each) for each in kept] == ["holiday.jpg", "map.png", "trap.jpg", "voice.amr"]
    clear = [samples.SECRET, photograph[2_000:2_100], kept[0].octets[2_000:2_100], b"as promised"]
    files = [path for path in (tmp_path / "alice").rglob("*") if path.is_file()]
    assert files and not [path for path in files if any(each in path.read_bytes() for each in clear)]


async def test_a_text_without_pieces_stays_one(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, network, _):
        await present.status(await to(present, CAROL, "Hello"), Status.SENT)
        await settled(present, 1)
        assert await network.text("Just words", destination=OURS)
        await present.received(1)
        assert (await shown(present))[-1] == Text("Just words")


async def test_more_words_than_a_message_holds_are_several_and_what_comes_behind_them_is_there(tmp_path: Path) -> None:
    async with alice(tmp_path) as (present, network, _):
        await present.status(await to(present, CAROL, "Hello"), Status.SENT)
        await settled(present, 1)
        long = "€" * 39_998 + "é!"
        assert await network.text(long, destination=OURS)
        assert await network.text("And this", destination=OURS)
        await present.received(4)
        *parts, last = [each.as_text() for each in (await shown(present))[-4:]]
        assert "".join(parts) == long
        assert last == "And this"


@contextlib.asynccontextmanager
async def painter(folder: Path) -> AsyncGenerator[tuple[Present, Network, texting.Inside]]:
    """Alice, behind a gateway that takes pictures."""
    kinds = frozenset({base.Kind.SMS, base.Kind.MMS})
    network = Network(kinds=kinds, mms_octets=60_000, mms_types=frozenset({"image/jpeg", "image/gif"}))
    async with texting.relay(folder / "relay", network) as inside:
        someone = await people.join(folder / "alice", inside.url, ALICE)
        await prove(inside, ALICE)
        async with someone.online() as present:
            await present.messenger.routing.told.wait()
            yield present, network, inside


async def send(present: Present, chosen: Chosen, words: str, agreed: Agreement | None = None) -> Written:
    person = await present.messenger.routing.person_for(CAROL)
    return await present.messenger.sending.send(
        person.person, chosen.content(words), agreed=agreed, beside=chosen.beside
    )


async def test_a_picture_is_one_mms_at_its_own_price(tmp_path: Path) -> None:
    """Fitted, forecast, agreed to, reserved, sent once, settled; the allowance of texts is not touched."""
    plan = Plan(Kind.LIMITED, 10, price=12, mms_price=40, currency="GBP")
    async with painter(tmp_path) as (present, network, _):
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, plan))
        chosen = await present.messenger.pictures.choose(samples.photograph(900, 700), "IMG_1.heic")
        assert chosen.beside.content_type == "image/jpeg" and len(chosen.beside.octets) <= 60_000
        assert samples.SECRET not in chosen.beside.octets
        wanted = Wanted.of(chosen.content("Look!"))
        person = (await present.messenger.routing.person_for(CAROL)).person
        found = await present.messenger.routing.forecast(person, wanted)
        route = found.choice.route
        assert route is not None
        assert (route.mms, route.price, route.left, found.choice.why) == (True, 40, 10, Reason.NEEDS_CONSENT)
        unasked = await send(present, chosen, "unasked")
        await present.status(unasked.message, Status.FAILED)
        assert not network.asked
        written = await send(present, chosen, "Look!", Agreement(1, 40))
        await present.status(written.message, Status.SENT)
        await settled(present, 1)
        (sent,) = [item for _, item in network.taken]
        assert isinstance(sent, base.Mms)
        assert (sent.text, [(each.content_type, each.name) for each in sent.parts]) == (
            "Look!", [("image/jpeg", "IMG_1.jpg")],
        )  # fmt: skip
        entry = (await present.messenger.database.read(lambda view: ledger.of_period(view, EVER)))[0]
        assert (entry.mms, entry.segments, entry.price, entry.state) == (True, 0, 40, "settled")
        standing = await present.messenger.plan.standing()
        assert (standing.used, standing.left, standing.spent) == (0, 10, {"GBP": 40})
        reasons = await why.why(present.messenger.database, written.row)
        assert (reasons.bearer, reasons.price, reasons.yes) == (Bearer.TEXT, 40, True)


LONG = "я" * 671  # eleven segments


async def test_words_too_long_for_a_text_are_one_mms_at_its_price(tmp_path: Path) -> None:
    """Forecast, agreed to, reserved, sent once, settled as one; and a refusal does not speak of a picture."""
    plan = Plan(Kind.LIMITED, 20, price=12, mms_price=40, currency="GBP")
    async with painter(tmp_path) as (present, network, _):
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, plan))
        person = (await present.messenger.routing.person_for(CAROL)).person
        found = await present.messenger.routing.forecast(person, Wanted(LONG))
        route = found.choice.route
        assert route is not None
        assert (route.mms, route.price, route.left, found.choice.why) == (True, 40, 20, Reason.NEEDS_CONSENT)
        assert (await present.messenger.routing.forecast(person, Wanted(LONG[:670]))).choice.route == TextRoute(
            10, 0, "GBP", asks=False, left=10
        )
        message = await to(present, CAROL, LONG, agreed=Agreement(1, 40))
        await present.status(message, Status.SENT)
        await settled(present, 1)
        (sent,) = [item for _, item in network.taken]
        assert isinstance(sent, base.Mms) and (sent.text, sent.parts) == (LONG, ())
        entry = (await present.messenger.database.read(lambda view: ledger.of_period(view, EVER)))[0]
        assert (entry.mms, entry.segments, entry.price, entry.state) == (True, 0, 40, "settled")
        assert (await why.why(present.messenger.database, await present.row(message))).mms
        network.script.append(base.Refused(base.Reason.UNSUPPORTED))
        refused = await to(present, CAROL, LONG, agreed=Agreement(1, 40))
        await present.status(refused, Status.FAILED)
        row = await present.row(refused)
        stored = await present.messenger.database.read(lambda view: messages.get(view, row))
        assert stored is not None and stored.reason == Reason.TOO_LARGE


async def test_longer_than_an_mms_holds_is_sent_in_parts(tmp_path: Path) -> None:
    async with painter(tmp_path) as (present, _, _):
        person = (await present.messenger.routing.person_for(CAROL)).person
        for words in ("я" * 1_601, "😀" * 60_000):
            found = await present.messenger.routing.forecast(person, Wanted(words))
            assert found.choice.why == Reason.TOO_LARGE


async def test_a_picture_without_words_in_an_unlimited_plan_needs_no_yes(tmp_path: Path) -> None:
    async with painter(tmp_path) as (present, network, _):
        chosen = await present.messenger.pictures.choose(samples.drawing())
        gate = asyncio.Event()
        network.script.append(gate)
        written = await send(present, chosen, "")
        await until(lambda: len(network.asked) == 1)
        gate.set()
        await present.status(written.message, Status.SENT)
        await settled(present, 1)
        assert len(network.asked) == len(network.taken) == 1


async def test_where_there_is_no_way_for_a_picture_it_says_why(tmp_path: Path) -> None:
    """No gateway for pictures; somebody on Kingfisher; one the gateway has stopped taking."""
    async with alice(tmp_path / "plain") as (present, network, inside):
        with pytest.raises(errors.GiveUp, match=Reason.NO_PICTURE_MESSAGE):
            await present.messenger.pictures.choose(samples.drawing())
        await people.join(tmp_path / "bob", inside.url, BOB)
        person = (await present.messenger.routing.person_for(BOB)).person
        picture = Wanted.of(Picture("image/jpeg", 5_000, 10, 10))
        found = await present.messenger.routing.forecast(person, picture)
        assert (found.choice.bearer, found.choice.why) == (Bearer.NONE, Reason.PICTURE_ENCRYPTED)
        person = (await present.messenger.routing.person_for(CAROL)).person
        found = await present.messenger.routing.forecast(person, picture)
        assert (found.choice.bearer, found.choice.why) == (Bearer.NONE, Reason.NO_PICTURE_MESSAGE)
        assert not network.asked


@pytest.mark.parametrize(
    ("octets", "code"),
    [(b"", "picture_empty"), (b"<html>", "picture_unreadable"), (samples.bomb(), "picture_too_large")],
)
async def test_what_cannot_be_sent_is_said_when_it_is_chosen(tmp_path: Path, octets: bytes, code: str) -> None:
    async with painter(tmp_path) as (present, _, _):
        with pytest.raises(errors.GiveUp, match=code):
            await present.messenger.pictures.choose(octets)
        file = tmp_path / "picture"
        file.write_bytes(octets)
        with pytest.raises(errors.GiveUp, match=code):
            await present.messenger.pictures.open(file)
        with pytest.raises(errors.GiveUp, match="file_gone"):
            await present.messenger.pictures.open(tmp_path)


async def test_a_picture_by_the_command_line(tmp_path: Path) -> None:
    """Forecast with its kind and price, not sent without a yes, sent with one, listed, and saved to a file."""
    async with painter(tmp_path) as (present, network, _):
        plan = Plan(Kind.PAY, price=12, mms_price=40, currency="GBP")
        await present.messenger.database.write(lambda tx: ledger.set_plan(tx, plan))
        file = tmp_path / "cat.png"
        file.write_bytes(samples.drawing())
        session, picture = Session(present.messenger), f"--picture={file}"
        code, paper = await run(session, "forecast", CAROL, "Hi", picture)
        assert (code, paper.lines[0]["kind"], paper.lines[0]["price"]) == (0, "picture", 40)
        code, paper = await run(session, "send", CAROL, "Hi", picture)
        assert (code, paper.lines[0]["price"], network.asked) == (1, 40, [])
        code, paper = await run(session, "send", CAROL, "Hi", picture, "--yes")
        assert (code, paper.lines[0]["bearer"]) == (0, "text")
        code, listed = await run(session, "messages", CAROL)
        line = listed.lines[-1]
        assert (line["kind"], line["file"]["type"], line["file"]["name"]) == ("picture", "image/jpeg", "cat.jpg")
        saved = tmp_path / "saved.jpg"
        code, paper = await run(session, "save", line["id"], str(saved))
        assert (code, len(saved.read_bytes())) == (0, line["file"]["size"])
        assert (await run(session, "save", line["id"], str(saved)))[0] == 1
        assert (await run(session, "send", CAROL, "Hi", f"--picture={tmp_path / 'none'}", "--yes"))[0] == 1


def test_names_of_files_are_names() -> None:
    def name(words: str, kind: str = "image/jpeg") -> str:
        return pictures.file_name(Stored(1, kind, words, b"", b""))

    assert name("../../etc/passwd") == "etc passwd.jpg" or "/" not in name("../../etc/passwd")
    assert name("") == "picture.jpg" and name("beach.png") == "beach.jpg"
    assert name(".bashrc", "text/x-vcard") == "bashrc" and name("CON.txt", "text/x-vcard") == "picture CON.txt"
    assert name("a\u202egpj.exe", "audio/amr") == "agpj.exe"
