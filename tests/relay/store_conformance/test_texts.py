"""Texts on their way out, in parts on their way in, and whose number is whose."""

import asyncio
from dataclasses import replace

from app.protocol import limits
from app.relay.store.base import Store
from app.relay.store.texts import Handed, Heard, Item, Part, Piece, Text, exact_id
from tests.relay.store_conformance.conftest import Opener

ALICE, BOB = b"a" * 32, b"b" * 32
OURS, CAROL = "+12025550100", "+12025550123"
NOW = 1_800_000_000_000


def text(submit: bytes = b"s" * 16, **changes: object) -> Text:
    made = Text(ALICE, 7, submit, OURS, CAROL, "north", "gsm", 2, 2, NOW, NOW + 1, "words")
    return replace(made, **changes)  # type: ignore[arg-type]


async def added(store: Store, **changes: object) -> Text:
    found = await store.texts.out.add(text(**changes))  # type: ignore[arg-type]
    assert found is not None
    return found


async def take(store: Store, one: Text, sequence: int, message_id: str = "m1") -> None:
    assert await store.texts.out.begin(one.number, sequence)
    await store.texts.out.settle(one.number, Item(sequence, Handed.TAKEN, message_id, 1, 7_000, "USD"))


def heard(message_id: str = "m1", state: str = "delivered", *, final: bool = True) -> Heard:
    return Heard("north", message_id, state, final, "", 0)


async def test_a_text_is_kept_once_with_its_items(opener: Opener, store: Store) -> None:
    one = await added(store)
    assert await store.texts.out.add(text(text="others")) is None
    for found in (store, opener.crash()):
        assert found.texts.out.known(7, b"s" * 16) == one == found.texts.out.text(one.number)
        assert found.texts.out.items(one.number) == [Item(1), Item(2)]
        assert found.texts.out.unfinished() == [one]
    assert store.texts.out.known(8, b"s" * 16) is None
    assert store.texts.numbers.source_of(ALICE, CAROL) == OURS


async def test_references_are_counted_by_destination(store: Store) -> None:
    found = [(await added(store, submit=bytes([n]) * 16)).reference for n in range(3)]
    assert found == [1, 2, 3]
    assert (await added(store, submit=b"x" * 16, destination=OURS)).reference == 1
    assert (await added(store, submit=b"y" * 16, items=1)).reference == 0
    many = [added(store, submit=b"s" * 14 + n.to_bytes(2, "big"), destination="+12025550199") for n in range(257)]
    assert [one.reference for one in await asyncio.gather(*many)] == [*range(1, 256), 0, 1]


async def test_words_go_when_nothing_waits_any_more(opener: Opener, store: Store) -> None:
    one = await added(store)
    await take(store, one, 1)
    assert opener.crash().texts.out.unfinished() == [replace(one, changes=1)]
    assert await store.texts.out.begin(one.number, 2)
    left = store.texts.out.text(one.number)
    assert left is not None and left.text == "words"
    await store.texts.out.release(one.number, 2)
    await take(store, one, 2, "m2")
    left = store.texts.out.text(one.number)
    assert left is not None and left.text == ""
    assert store.texts.out.unfinished() == []
    assert [item.handed for item in store.texts.out.items(one.number)] == [Handed.TAKEN, Handed.TAKEN]


async def test_what_never_leaves_loses_its_words_too(store: Store) -> None:
    one = await added(store)
    await take(store, one, 1)
    await store.texts.out.give_up(one.number, "text_expired")
    left = store.texts.out.text(one.number)
    assert left is not None and left.text == ""
    assert store.texts.out.items(one.number)[1] == Item(2, Handed.REFUSED, reason="text_expired")


async def test_an_item_is_begun_once_and_after_a_crash_nobody_knows(opener: Opener, store: Store) -> None:
    one = await added(store)
    assert await store.texts.out.begin(one.number, 1)
    assert not await store.texts.out.begin(one.number, 1)
    image = opener.crash()
    assert await image.texts.out.lose() == 1
    assert [item.handed for item in image.texts.out.items(one.number)] == [Handed.UNKNOWN, Handed.WAITING]
    assert not await image.texts.out.begin(one.number, 1)
    assert [changed.number for changed in image.texts.out.unreported()] == [one.number]
    assert await image.texts.out.lose() == 0


async def test_withdrawn_before_it_left_and_never_after(opener: Opener, store: Store) -> None:
    one, other = await added(store), await added(store, submit=b"o" * 16)
    assert await store.texts.out.mark_withdrawn(text(text="")) == "withdrawn"
    assert not await store.texts.out.begin(one.number, 1)
    assert await store.texts.out.begin(other.number, 1)
    assert await store.texts.out.mark_withdrawn(text(submit=b"o" * 16, text="")) == "handed_over"
    assert await store.texts.out.mark_withdrawn(text(submit=b"n" * 16, text="")) == "never_had"
    image = opener.crash().texts.out
    for submit in (b"s" * 16, b"n" * 16):
        mark = image.known(7, submit)
        assert mark is not None and mark.withdrawn and mark.text == ""
        assert await image.add(text(submit=submit)) is None
    assert [left.number for left in image.unfinished()] == [other.number]


async def test_receipts_after_before_twice_and_out_of_order(opener: Opener, store: Store) -> None:
    out = store.texts.out
    one = await added(store)
    assert await out.receipt(heard("m2"), NOW) is None  # before anybody waits for it
    assert await out.receipt(heard("m2", "enroute", final=False), NOW) is None
    await take(store, one, 1)
    await take(store, one, 2, "m2")
    assert [(item.receipt, item.final) for item in out.items(one.number)] == [("", False), ("delivered", True)]
    assert await out.receipt(heard("m1", "enroute", final=False), NOW) == one.number
    assert await out.receipt(heard("m1", "enroute", final=False), NOW) is None
    assert await out.receipt(heard("m1", "undeliverable"), NOW) == one.number
    assert await out.receipt(heard("m1", "delivered"), NOW) is None
    assert await out.receipt(heard("m1", "enroute", final=False), NOW) is None
    assert await out.receipt(heard("nobody's"), NOW) is None
    for found in (out, opener.crash().texts.out):
        assert [item.receipt for item in found.items(one.number)] == ["undeliverable", "delivered"]
        assert found.overview()["receipts"] == 1


async def test_a_receipt_of_another_gateway_is_another(store: Store) -> None:
    one = await added(store)
    await take(store, one, 1)
    assert await store.texts.out.receipt(heard()._replace(gateway="south"), NOW) is None
    assert store.texts.out.items(one.number)[0].receipt == ""


async def test_reports_are_due_after_each_change(store: Store) -> None:
    out = store.texts.out
    one = await added(store)
    assert out.unreported() == []
    await take(store, one, 1)
    (changed,) = out.unreported()
    await take(store, one, 2, "m2")
    await out.reported(changed, b"r0")  # it has changed since
    (changed,) = out.unreported()
    await out.reported(changed, b"r1")
    assert out.unreported() == []
    changed = out.text(one.number)
    assert changed is not None and changed.reported == b"r1"
    await out.receipt(heard(), NOW)
    assert len(out.unreported()) == 1


async def test_an_untouched_text_may_go_another_way(store: Store) -> None:
    one = await added(store)
    await store.texts.out.move(one.number, replace(one, gateway="south", source="+12025550101", items=1))
    moved = store.texts.out.text(one.number)
    assert moved is not None and (moved.gateway, moved.source, moved.items) == ("south", "+12025550101", 1)
    assert store.texts.out.items(one.number) == [Item(1)]
    assert store.texts.numbers.source_of(ALICE, CAROL) == "+12025550101"


async def test_what_was_sent_is_counted_and_what_was_withdrawn_is_not(store: Store) -> None:
    out = store.texts.out
    await added(store, at=NOW - 2 * limits.DAY, destination="+12025550199")
    await added(store, submit=b"1" * 16, at=NOW - limits.HOUR)
    await added(store, submit=b"2" * 16, at=NOW - 100, segments=3)
    await added(store, submit=b"3" * 16, at=NOW - 50, account=BOB, destination="+12025550124", items=1)
    await added(store, submit=b"4" * 16, at=NOW - 40)
    await out.mark_withdrawn(text(submit=b"4" * 16))
    found = out.counts(ALICE, CAROL, "+1202555", NOW)
    assert found == (3, 5, 1, 2, NOW - 100, 3, 0, 0)
    assert out.counts(BOB, "+12025550124", "+13", NOW) == (2, 2, 1, 1, NOW - 50, 0, 0, 0)
    assert out.counts(BOB, CAROL, "+1202555012", NOW).to_prefix == 3


async def test_money_is_what_was_said_and_else_what_is_usual(store: Store) -> None:
    out = store.texts.out
    one = await added(store)
    assert out.spent(NOW, 1_000, 40_000) == 2_000
    await take(store, one, 1)
    assert out.spent(NOW, 1_000, 40_000) == 8_000
    await out.give_up(one.number, "text_expired")
    assert out.spent(NOW, 1_000, 40_000) == 7_000
    await added(store, submit=b"w" * 16, items=1, segments=3)
    assert out.spent(NOW, 1_000, 40_000) == 10_000
    assert out.spent(NOW + 1, 1_000, 40_000) == 0


async def test_old_texts_and_receipts_are_swept(store: Store) -> None:
    out = store.texts.out
    one = await added(store)
    await out.receipt(heard("early"), NOW)
    assert await out.sweep(NOW, NOW, NOW) == 0
    assert await out.sweep(NOW + 1, NOW + 1, NOW) == 1
    assert out.items(one.number) == []
    assert out.overview() == {"waiting": 0, "handing": 0, "unknown": 0, "receipts": 0, "since": 0}


PIECES = (Piece("image/jpeg", "a.jpg", b"j" * 500, "t1"), Piece("image/gif", "", b"g" * 50_000, "t2"))
HOUR = NOW + limits.HOUR


async def mms(store: Store, **changes: object) -> Text:
    one = text(**{"segments": 1, "items": 1, "mms": 2, **changes})  # type: ignore[arg-type]
    number = one.submit.hex()
    media = [replace(piece, token=piece.token + number) for piece in PIECES]
    found = await store.texts.out.add(one, media)
    assert found is not None and found.mms == 2
    return found


async def test_pieces_are_kept_once_and_go_with_the_words(opener: Opener, store: Store) -> None:
    one, other = await mms(store), await mms(store, submit=b"o" * 16)
    assert await store.texts.out.add(text(mms=2), PIECES) is None
    for found in (store, opener.crash()):
        kept = found.texts.media.pieces(one.number)
        assert [replace(piece, token=piece.token[:2]) for piece in kept] == list(PIECES)
        assert found.texts.media.fetched(kept[0].token, NOW) is None  # nobody was told of it
        assert found.texts.out.counts(ALICE, CAROL, "+1", NOW)[-2:] == (2, 101_000)
    await take(store, one, 1)
    assert store.texts.media.pieces(one.number) == []
    assert len(store.texts.media.pieces(other.number)) == 2
    await store.texts.out.give_up(other.number, "text_expired")
    assert store.texts.media.pieces(other.number) == []
    assert store.texts.out.counts(ALICE, CAROL, "+1", NOW)[-2:] == (2, 0)


async def test_pieces_may_be_fetched_until_the_end_is_known(opener: Opener, store: Store) -> None:
    out, media = store.texts.out, store.texts.media
    one, other = await mms(store), await mms(store, submit=b"o" * 16)
    (token, _), (others, _) = ([piece.token for piece in media.pieces(at.number)] for at in (one, other))
    assert await out.begin(one.number, 1, HOUR)
    found = media.fetched(token, NOW)
    assert found is not None and (found.content_type, found.octets) == ("image/jpeg", b"j" * 500)
    assert media.fetched(others, NOW) is None and media.fetched("", NOW) is None
    await out.settle(one.number, Item(1, Handed.TAKEN, "m1", 1, 7_000, "USD"))
    assert out.text(one.number).text == ""  # type: ignore[union-attr]
    await out.receipt(heard(state="accepted", final=False), NOW)
    for at in (store, opener.crash()):  # the gateway comes after it has answered
        assert at.texts.media.fetched(token, HOUR) is not None
        assert at.texts.media.fetched(token, HOUR + 1) is None
    await out.receipt(heard(), NOW)
    assert media.fetched(token, NOW) is None and media.pieces(one.number) == []


async def test_pieces_nobody_fetched_are_swept(store: Store) -> None:
    out, media = store.texts.out, store.texts.media
    one, waiting = await mms(store), await mms(store, submit=b"o" * 16)
    assert await out.begin(one.number, 1, HOUR)
    await out.lose()  # killed: perhaps the gateway has it, and comes
    assert media.fetched(media.pieces(one.number)[0].token, NOW) is not None
    assert await out.begin(waiting.number, 1, HOUR)
    await out.release(waiting.number, 1)
    await out.sweep(NOW, NOW, HOUR + 1)
    assert media.pieces(one.number) == []
    assert len(media.pieces(waiting.number)) == 2  # it has not left yet
    await out.mark_withdrawn(text(submit=b"o" * 16))
    assert media.pieces(waiting.number) == []
    old = await mms(store, submit=b"z" * 16)
    await out.sweep(NOW + 1, NOW + 1, NOW)
    assert media.pieces(old.number) == []


async def test_money_of_several_currencies_is_not_added_up(store: Store) -> None:
    out = store.texts.out
    for number, (price, currency) in enumerate(((7_000, "USD"), (5_000, "USD"), (9_000, "HUF"), (-1, ""))):
        one = await added(store, submit=bytes([number]) * 16, segments=2, items=1)
        assert await out.begin(one.number, 1)
        await out.settle(one.number, Item(1, Handed.TAKEN, f"m{number}", 2, price, currency))
    assert out.spent(NOW, 1_000, 40_000) == 12_000 + 2_000  # what nobody said is in the operator's own
    assert out.spent(NOW, 1_000, 40_000, "HUF") == 9_000 + 3 * 2_000
    assert out.spent(NOW, 1_000, 40_000, "USD") == 12_000 + 2 * 2_000
    assert out.spent(NOW, 1_000, 40_000, "EUR") == 4 * 2_000
    assert out.spent(NOW + 1, 1_000, 40_000, "USD") == 0


async def test_money_of_pictures(store: Store) -> None:
    out = store.texts.out
    one = await mms(store)
    await mms(store, submit=b"o" * 16)
    assert out.spent(NOW, 1_000, 40_000) == 80_000
    await take(store, one, 1)
    assert out.spent(NOW, 1_000, 40_000) == 47_000


def part(sequence: int = 1, octets: bytes = b"one", **changes: object) -> Part:
    made = Part(b"key", False, "north", CAROL, OURS, 2, sequence, octets, "gsm", b"", False, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_parts_meet_whatever_their_order(opener: Opener, store: Store) -> None:
    incoming = store.texts.incoming
    number = await incoming.add(part(2, b"two"), b"i" * 16, 0)
    assert number == await incoming.add(part(2, b"two"), b"j" * 16, 0)
    half = incoming.part_set(number)
    assert half is not None and not half.whole
    assert number == await incoming.add(part(1), b"k" * 16, 0)
    for found in (incoming, opener.crash().texts.incoming):
        whole = found.part_set(number)
        assert whole is not None and whole.whole and whole.id == b"i" * 16
        assert whole.parts == ((1, b"one", "gsm"), (2, b"two", "gsm"))
        assert found.open_sets() == [number]


async def test_other_octets_in_the_same_place_begin_a_new_set(store: Store) -> None:
    incoming = store.texts.incoming
    first = await incoming.add(part(1), b"i" * 16, 0)
    second = await incoming.add(part(1, b"others"), b"j" * 16, 0)
    assert second != first
    assert second == await incoming.add(part(2, b"two"), b"k" * 16, 0)
    assert incoming.open_sets() == [first, second]
    assert first != await incoming.add(part(1, key=b"other"), b"l" * 16, 0)


async def test_a_set_that_is_done_comes_again_only_over_a_new_link(opener: Opener, store: Store) -> None:
    incoming = store.texts.incoming
    number = await incoming.add(part(total=1), b"i" * 16, 0)
    await incoming.finish(number, NOW + 10)
    assert incoming.part_set(number) is None and incoming.open_sets() == []
    assert number != await incoming.add(part(total=1, at=NOW + 20), b"j" * 16, NOW)  # a person wrote it again
    (again,) = incoming.open_sets()
    await incoming.finish(again, NOW + 30)
    assert again == await incoming.add(part(total=1, at=NOW + 50), b"k" * 16, NOW + 40)
    assert again == await incoming.add(part(total=1, at=NOW + 50), b"k" * 16, NOW + 25)  # done when it was bound again
    assert again != await incoming.add(part(total=1, at=NOW + 2 * limits.HOUR), b"l" * 16, NOW + 40)
    assert len(opener.crash().texts.incoming.open_sets()) == 1


async def test_the_gateways_own_id_tells_a_repeat_for_certain(store: Store) -> None:
    incoming = store.texts.incoming
    id = exact_id(b"key")
    number = await incoming.add(part(total=1, exact=True), id, 0)
    await incoming.finish(number, NOW)
    other = await incoming.add(part(total=1, key=b"looks like it"), b"j" * 16, 0)
    await incoming.finish(other, NOW)
    for at in (5 * limits.HOUR, 3 * limits.DAY):
        for octets in (b"one", b"others"):
            assert number == await incoming.add(part(total=1, octets=octets, exact=True, at=NOW + at), id, 0)
        for _ in range(2):
            assert await incoming.sweep(NOW + 1, NOW) == 0
    reader = incoming._reader  # type: ignore[attr-defined]
    rows = reader.execute("SELECT number, source, destination FROM text_set").fetchall()
    assert rows == [(number, "", "")]  # nobody is named by what tells a repeat
    assert incoming.open_sets() == []
    assert await incoming.sweep(NOW + 1, NOW + 1) == 1
    await incoming.add(part(total=1, exact=True), id, 0)
    assert len(incoming.open_sets()) == 1


async def test_numbers_are_kept_blocked_and_freed(opener: Opener, store: Store) -> None:
    numbers = store.texts.numbers
    assert numbers.source_of(ALICE, CAROL) == ""
    await added(store)
    await added(store, submit=b"b" * 16, account=BOB, at=NOW + 1)
    assert numbers.holders(OURS, CAROL) == [BOB, ALICE]
    assert numbers.holders(CAROL, OURS) == []
    assert await numbers.block(OURS, CAROL, NOW)
    assert not await numbers.block(OURS, CAROL, NOW)
    assert opener.crash().texts.numbers.blocked(CAROL) == {OURS}
    assert await numbers.unblock(OURS, CAROL)
    assert not await numbers.unblock(OURS, CAROL)
    assert numbers.blocked(CAROL) == frozenset()
    numbers.note_link("north", "down", "OSError", NOW)
    await store.lifetime.flush()
    assert list(numbers.links()) == [("north", "down", "OSError", NOW)]


async def test_the_relays_own_answer_is_nobodys_number(store: Store) -> None:
    await added(store, account=b"", device=0)
    assert store.texts.numbers.holders(OURS, CAROL) == []
