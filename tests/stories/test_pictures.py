"""Pictures from phones and to them: encoded anew, in the store only, and once, whatever happens in between."""

from pathlib import Path

from app.client import folding, pictures
from app.content.picture import Picture
from app.content.text import Text
from app.domain.delivery import Status
from app.relay.texts.base import MmsPart
from app.storage import messages
from tests.media import samples
from tests.parts.people import Present
from tests.parts.texting import CAROL, OURS
from tests.stories.test_texts import alice, settled, to


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
