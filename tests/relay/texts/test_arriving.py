"""Texts from phones: stored before they are acknowledged, joined as octets, sealed to each device, entered once."""

import asyncio
import shutil
from pathlib import Path

import pytest

from app.common import clock
from app.protocol import frames, limits, segments
from app.protocol.devices import KeyKind
from app.protocol.segments import Alphabet, Concatenation
from app.relay.texts import base
from app.relay.texts.base import LinkState, MmsPart
from tests.parts import texting
from tests.parts.texting import CAROL, DAVE, OTHERS, OURS, Network, submit_text
from tests.parts.waiting import until
from tests.parts.wire_client import now
from tests.relay.texts import scene as scenes
from tests.relay.texts.scene import Scene

LONG = "Grüße aus Zürich, zehn € für jeden! " * 15


async def write_first(scene: Scene, to: str = CAROL) -> None:
    """Alice writes, so that replies are hers."""
    await scene.send(submit_text(to=to))
    await scene.reported()


async def test_a_reply_is_sealed_and_says_what_is_known_of_it(scene: Scene) -> None:
    await write_first(scene)
    assert await scene.network.text("Olá, Alice 😀")
    body = await scene.arrived()
    assert (body.ours, body.peer, body.text) == (OURS, CAROL, "Olá, Alice 😀")
    assert (body.missing, body.segments, body.answered, body.media) == (0, 1, False, ())


@pytest.mark.parametrize("order", ["forwards", "backwards", "twice"])
async def test_parts_in_any_order_are_one_text(scene: Scene, order: str) -> None:
    await write_first(scene)
    parts = scene.network.parts(LONG)
    assert len(parts) == 4
    if order == "backwards":
        parts.reverse()
    if order == "twice":
        parts = [parts[0], parts[1], parts[0], parts[2], parts[1], parts[3]]
    for part in parts:
        assert await scene.network.bring(part)
    body = await scene.arrived()
    assert (body.text, body.missing, body.segments) == (LONG, 0, 4)
    await scene.nothing_more()


async def test_a_letter_cut_in_two_is_whole_again(scene: Scene) -> None:
    await write_first(scene)
    octets = "ab😀".encode("utf-16-be")
    halves = (octets[:6], octets[6:])
    assert b"".join(halves) == octets
    for at, half in enumerate(halves, 1):
        part = Concatenation(16, 300, 2, at)
        await scene.network.bring(scene.network.incoming(octets=half, alphabet=Alphabet.UCS_2, part=part))
    assert (await scene.arrived()).text == "ab😀"


async def test_one_reference_of_two_people_is_two_texts(scene: Scene) -> None:
    await write_first(scene)
    await write_first(scene, DAVE)
    from_carol = scene.network.parts("c" * 200, source=CAROL)
    from_dave = scene.network.parts("d" * 200, source=DAVE)
    await scene.network.bring(from_carol[0], from_dave[1], from_dave[0])
    assert (await scene.arrived()).text == "d" * 200
    await scene.nothing_more()
    await scene.network.bring(from_carol[1])
    assert (await scene.arrived()).text == "c" * 200


async def test_references_of_another_width_or_total_are_others(scene: Scene) -> None:
    await write_first(scene)
    eight, sixteen = (scene.network.parts(char * 200, width=width) for char, width in (("e", 8), ("s", 16)))
    three = scene.network.parts("t" * 400)
    await scene.network.bring(eight[0], sixteen[0], three[0], three[1], sixteen[1])
    assert (await scene.arrived()).text == "s" * 200
    await scene.network.bring(eight[1])
    assert (await scene.arrived()).text == "e" * 200


async def test_a_reference_used_again_begins_a_new_text(scene: Scene) -> None:
    await write_first(scene)
    first, second = scene.network.parts("a" * 200), scene.network.parts("b" * 200)
    await scene.network.bring(*first)
    await scene.network.bring(*second)
    assert [(await scene.arrived()).text for _ in range(2)] == ["a" * 200, "b" * 200]
    # also while the first is not complete
    third, fourth = scene.network.parts("c" * 200, 9), scene.network.parts("d" * 200, 9)
    await scene.network.bring(third[0], fourth[0], fourth[1])
    assert (await scene.arrived()).text == "d" * 200


async def test_255_parts(scene: Scene) -> None:
    await write_first(scene)
    parts = [
        scene.network.incoming(octets=b"%03d" % at, alphabet=Alphabet.GSM, part=Concatenation(8, 1, 255, at))
        for at in range(255, 0, -1)
    ]
    await asyncio.gather(*(scene.network.bring(part) for part in parts))
    body = await scene.arrived()
    assert body.text == "".join(f"{at:03}" for at in range(1, 256))
    assert body.segments == 255


@pytest.mark.parametrize(
    ("came", "shape"),
    [((0, 2, 3), "{0} … {2}{3}"), ((1, 2, 3), "… {1}{2}{3}"), ((0, 1, 2), "{0}{1}{2} …"), ((2,), "… {2} …")],
)
async def test_what_misses_a_part_is_shown_after_a_day_and_says_where(
    tmp_path: Path, came: tuple[int, ...], shape: str
) -> None:
    time = clock.ManualClock(now())
    async with scenes.scene(tmp_path / "relay", time=time) as scene:
        await write_first(scene)
        parts = scene.network.parts(LONG)
        await scene.network.bring(*(parts[at] for at in came))
        arriving, incoming = scene.inside.relay.texts.arriving, scene.inside.store.texts.incoming
        time.advance(limits.DAY / 1000 - 60)
        await arriving.sweep()
        assert len(incoming.open_sets()) == 1
        time.advance(120)
        await arriving.sweep()
        await arriving.sweep()
        assert incoming.open_sets() == []
        async with scene.alice.online() as client:  # the other connection was silent for a day
            body = scene.alice.open(await client.take(frames.DeliverText))
            assert not [said for said in await client.settle() if isinstance(said, frames.DeliverText)]
    assert (body.missing, body.segments) == (len(parts) - len(came), len(came))
    assert body.text == shape.format(*(segments.decode(part.octets, part.alphabet) for part in parts))


LETTERS = "ж" * 71


@pytest.mark.parametrize(
    ("text", "said", "segments_"),
    [
        ("a" * 140, 0, 1), ("a" * 160, 0, 1), ("a" * 161, 0, 2), ("€" * 80, 0, 1), ("ж" * 70, 0, 1), (LETTERS, 0, 2),
        ("ж" * 67 * 255, 0, 255), ("a" * 50_000, 0, 255), (LETTERS, 3, 3), ("short", 2, 2), ("", 0, 1),
    ],
)  # fmt: skip
async def test_what_came_joined_is_counted_by_the_gateway_or_by_its_words(
    scene: Scene, text: str, said: int, segments_: int
) -> None:
    await write_first(scene)
    assert await scene.network.text(text, segments=said, gateway_ref="one")
    assert (await scene.arrived()).segments == segments_


async def test_parts_are_counted_as_they_came(scene: Scene) -> None:
    """A phone may cut where we would not: what it takes is what it came in."""
    await write_first(scene)
    for at, octets in ((1, b"short"), (2, b" and"), (3, b" sweet")):
        part = Concatenation(8, 3, 3, at)
        await scene.network.bring(scene.network.incoming(octets=octets, alphabet=Alphabet.GSM, part=part))
    assert (await scene.arrived()).segments == 3


async def test_when_the_disk_is_full_nothing_is_acknowledged(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await write_first(scene)
    monkeypatch.setattr(scene.inside.relay._upkeep, "full", True)
    assert not await scene.network.text()
    monkeypatch.setattr(scene.inside.relay._upkeep, "full", False)
    assert await scene.network.text()
    assert (await scene.arrived()).text == "Hi Alice"


async def test_what_was_acknowledged_survives_the_relay(scene: Scene, tmp_path: Path) -> None:
    await write_first(scene)
    await scene.client.settle()
    parts = scene.network.parts(LONG)
    await scene.network.bring(*parts[:3])
    assert await scene.network.text("short")
    image = tmp_path / "image"
    await scene.inside.store.lifetime.flush()
    shutil.copytree(tmp_path / "relay", image)
    async with scenes.again(scene, image, Network()) as later:
        assert (await later.arrived()).text == "short"
        await later.network.bring(parts[3])
        assert (await later.arrived()).text == LONG


async def test_the_same_again_over_a_new_link_is_a_repeat_and_else_a_person(scene: Scene) -> None:
    await write_first(scene)
    await scene.network.text("ok")
    await scene.network.text("ok")
    assert [(await scene.arrived()).text for _ in range(2)] == ["ok", "ok"]
    await asyncio.sleep(0.002)  # the clock has to move on
    await scene.network.link(LinkState.BOUND)
    await scene.network.text("ok")
    await scene.nothing_more()
    await scene.network.text("ok")
    await scene.network.text("ok!")
    assert (await scene.arrived()).text == "ok!"


async def test_a_callback_that_comes_twice_is_one_text(scene: Scene) -> None:
    await write_first(scene)
    for _ in range(3):
        assert await scene.network.text("Hi", gateway_ref="SM1")
    assert await scene.network.text("Hi", gateway_ref="SM2")
    first, second = [await scene.client.take(frames.DeliverText) for _ in range(2)]
    assert first.id != second.id
    await scene.nothing_more()


async def test_each_device_has_a_copy_of_its_own(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        alice = await texting.join(inside, wire, gadgets=2)
        phone, laptop = alice.person.gadgets
        async with alice.online(laptop) as client:
            await alice.publish(client, laptop)
        async with alice.online(phone) as client:
            await alice.publish(client, phone)
            await client.send(submit_text())
            await client.take(frames.TextReport)
            await network.text("Hi both")
            first = await client.take(frames.DeliverText)
            assert alice.open(first, phone).text == "Hi both"
        async with alice.online(laptop) as client:
            second = await client.take(frames.DeliverText)
            assert alice.open(second, laptop).text == "Hi both"
            assert second.id == first.id
            assert second.sealed != first.sealed
        async with alice.online(laptop) as client:  # not acknowledged: it comes again
            again = await client.take(frames.DeliverText)
            assert again == second
            await client.send(frames.Ack((again.entry,)))
            await client.settle()
        async with alice.online(laptop) as client:
            await client.take(frames.CaughtUp)
            assert not [said for said in await client.settle() if isinstance(said, frames.DeliverText)]


async def test_one_time_keys_first_then_the_last_resort(scene: Scene) -> None:
    await write_first(scene)
    for _ in range(3):
        await scene.network.text()
    keys = [(await scene.client.take(frames.DeliverText)).key_id for _ in range(3)]
    assert len(set(keys)) == 2
    assert keys[1] == keys[2]


async def test_without_a_key_a_text_waits_for_one(tmp_path: Path) -> None:
    network = Network()
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        alice = await texting.join(inside, wire)
        async with alice.online() as client:
            await client.send(submit_text())
            await client.take(frames.TextReport)
            assert await network.text("are you there?")
            await alice.publish(client, kinds=(KeyKind.PQ_LAST_RESORT,))
            await inside.relay.texts.arriving.sweep()
            assert alice.open(await client.take(frames.DeliverText)).text == "are you there?"
            await inside.relay.texts.arriving.sweep()
            assert not [said for said in await client.settle() if isinstance(said, frames.DeliverText)]


# whose it is


async def test_a_reply_goes_to_who_wrote_to_that_person(tmp_path: Path) -> None:
    network = Network(sources=(OURS, OTHERS))
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        alice, bob = await texting.join(inside, wire), await texting.join(inside, wire, "+12025550102")
        async with alice.online() as first, bob.online() as second:
            for texter, client in ((alice, first), (bob, second)):
                await texter.publish(client)
                await client.send(submit_text())
                await client.take(frames.TextReport)
            await network.text("to Bob", destination=OTHERS)
            await network.text("to Alice", destination=OURS)
            assert bob.open(await second.take(frames.DeliverText)).text == "to Bob"
            assert alice.open(await first.take(frames.DeliverText)).text == "to Alice"
            for client in (first, second):
                assert not [said for said in await client.settle() if isinstance(said, frames.DeliverText)]


async def test_who_has_proved_the_number_gets_what_comes_to_it(tmp_path: Path) -> None:
    network = Network(sources=(OURS, "+12025550101"))
    async with scenes.scene(tmp_path / "relay", network) as scene:
        await scene.network.text("first words", destination="+12025550101")
        body = await scene.arrived()
        assert (body.ours, body.text) == ("+12025550101", "first words")


async def test_a_number_somebody_only_claims_is_not_theirs(tmp_path: Path) -> None:
    network = Network(sources=(OURS, "+12025550101"))
    async with texting.relay(tmp_path / "relay", network) as inside, texting.wire(inside) as wire:
        alice = await wire.join("+12025550101")
        async with wire.online(alice.gadgets[0]) as client:
            assert await network.text("secret", destination="+12025550101")
            assert not [said for said in await client.settle() if isinstance(said, frames.DeliverText)]
    assert inside.relay.texts.arriving.dropped == 1


@pytest.mark.expect_log("not ours")
async def test_for_nobody_it_is_acknowledged_and_dropped(scene: Scene) -> None:
    await write_first(scene)
    assert await scene.network.text(destination="+12025550177")
    assert await scene.network.text(source=DAVE)  # nobody wrote to Dave
    await scene.nothing_more()
    assert scene.inside.relay.texts.arriving.dropped == 2
    assert scene.inside.store.texts.incoming.open_sets() == []


async def test_a_sender_without_a_number_and_without_manners(scene: Scene) -> None:
    assert await scene.network.text("x" * 10, source="BANK" * 100)
    assert await scene.network.text("\u202eevil", source="")
    await scene.nothing_more()


async def test_pictures_come_with_it_as_far_as_they_fit(scene: Scene) -> None:
    await write_first(scene)
    picture = MmsPart("image/jpeg", "a.jpg", b"j" * 500_000)
    huge = MmsPart("image/jpeg", "b.jpg", b"j" * 1_500_000)
    unfetched = MmsPart("image/jpeg", "c.jpg", url="https://example.com/c.jpg")
    await scene.network.text("look", media=(picture, huge, unfetched), gateway_ref="MM1")
    body = await scene.arrived()
    assert [(piece.content_type, piece.name, len(piece.octets)) for piece in body.media] == [
        ("image/jpeg", "a.jpg", 500_000)
    ]
    assert (body.pieces, body.text) == (3, "look\n[MMS: image/jpeg]\n[MMS: image/jpeg]")


# STOP, START, HELP


async def keyword(scene: Scene, word: str) -> None:
    await scene.network.text(word)
    body = await scene.arrived()
    assert body.text == word


async def test_stop_is_confirmed_once_and_then_there_is_silence(scene: Scene) -> None:
    await write_first(scene)
    await scene.network.text(" Stop\n")
    assert (await scene.arrived()).answered
    await scene.asked(2)
    assert "START" in scene.network.taken[1][1].text
    assert (scene.network.taken[1][1].source, scene.network.taken[1][1].destination) == (OURS, CAROL)
    assert await scene.refused(submit_text()) == ("text_opted_out", "")
    for word in ("STOP", "unsubscribe", "HELP"):
        await keyword(scene, word)
    await scene.nothing_more()
    assert len(scene.network.asked) == 2
    await keyword(scene, "Hello again")  # whoever has opted out may still write


async def test_start_opens_it_again_and_help_answers(scene: Scene) -> None:
    await write_first(scene)
    await keyword(scene, "STOP")
    await keyword(scene, "START")
    await scene.asked(3)
    await scene.send(submit_text("back"))
    await scene.reported()
    await keyword(scene, "help")
    await scene.asked(5)
    assert "STOP" in scene.network.taken[4][1].text


async def test_yes_is_a_word_unless_somebody_has_opted_out(scene: Scene) -> None:
    await write_first(scene)
    await scene.network.text("Yes")
    assert not (await scene.arrived()).answered
    await keyword(scene, "STOP")
    await scene.network.text("Yes")
    assert (await scene.arrived()).answered
    await scene.send(submit_text())


@pytest.mark.parametrize("text", ["please stop by", "stop it", "I will stop.", "stop\nstop", "helpful", "STOP!"])
async def test_a_text_that_has_the_word_in_it_is_none(scene: Scene, text: str) -> None:
    await write_first(scene)
    await keyword(scene, text)
    await scene.send(submit_text())


async def test_stop_in_two_parts(scene: Scene) -> None:
    await write_first(scene)
    for at, octets in ((2, b"OP"), (1, b"ST")):
        part = Concatenation(8, 3, 2, at)
        await scene.network.bring(scene.network.incoming(octets=octets, alphabet=Alphabet.GSM, part=part))
    assert (await scene.arrived()).text == "STOP"
    assert await scene.refused(submit_text()) == ("text_opted_out", "")


async def test_what_the_provider_has_answered_is_not_answered_again(scene: Scene) -> None:
    await write_first(scene)
    await scene.network.text("STOP", keyword_answered=True)
    assert (await scene.arrived()).answered
    assert await scene.refused(submit_text()) == ("text_opted_out", "")
    assert len(scene.network.asked) == 1


async def test_what_waits_does_not_leave_after_stop(scene: Scene) -> None:
    await write_first(scene)
    scene.network.script += [base.Submitted("a1"), base.NotSent()]
    frame = await scene.send(submit_text("a" * 200))
    await scene.asked(3)
    await until(lambda: scene.items(frame.submit)[1].handed == "waiting")
    await scene.network.text("STOP", keyword_answered=True)
    await scene.arrived()
    await scene.network.link(LinkState.BOUND)
    assert await scene.reported() == ("partly", "text_opted_out", 1)
    assert len(scene.network.asked) == 3


async def test_stop_reaches_also_when_the_text_is_for_nobody(scene: Scene) -> None:
    await scene.network.text("STOP", source=DAVE)
    await scene.asked(1)
    assert await scene.refused(submit_text(to=DAVE)) == ("text_opted_out", "")


async def test_machines_that_answer_each_other_come_to_an_end(tmp_path: Path) -> None:
    async with scenes.scene(tmp_path / "relay", rules=texting.Rules(to_one_number=3)) as scene:
        for _ in range(6):
            await scene.network.text("HELP")
        await scene.asked(3)
        await scene.client.settle()
        assert len(scene.network.asked) == 3


async def test_no_answer_goes_where_no_text_may(scene: Scene) -> None:
    """Anybody can write any number as the sender of a text."""
    for peer in ("+19005550123", "+447700900123", "+18765550123", "12345", "BANK", ""):
        for word in ("HELP", "STOP", "START"):
            assert await scene.network.text(word, source=peer)
        assert scene.inside.store.texts.numbers.blocked(peer) == frozenset()
        assert await scene.network.text("STOP", source=peer)
        assert scene.inside.store.texts.numbers.blocked(peer) == {OURS}  # it holds all the same
    await scene.client.settle()
    assert scene.network.asked == []
    assert scene.inside.relay.texts.answering.dropped == 6 * 4
    assert b"kingfisher_texts_unanswered 24.0" in scene.inside.relay.counts.text()


@pytest.mark.parametrize(
    ("rules", "answered"),
    [
        (texting.Rules(texts_money_a_day=3 * 7_500, text_price=7_500), 3),
        (texting.Rules(texts_to_prefix_a_day=4), 4),
        (texting.Rules(help_answer="h" * 1_600), 0),  # more than a text holds
    ],
)
async def test_answers_end_at_the_limits_of_texts(tmp_path: Path, rules: texting.Rules, answered: int) -> None:
    async with scenes.scene(tmp_path / "relay", rules=rules) as scene:
        for last in range(6):
            await scene.network.text("HELP", source=f"+120255501{last:02}")
        await scene.asked(answered)
        await scene.client.settle()
        assert len(scene.network.asked) == answered
        assert scene.inside.relay.texts.answering.dropped == 6 - answered


@pytest.mark.parametrize("known", [True, False])
async def test_a_recorded_stop_does_not_come_back(tmp_path: Path, known: bool) -> None:
    """Calls have no time in them: whoever recorded one may send it again, and nothing is shut or opened by that."""
    time = clock.ManualClock(now())
    async with scenes.scene(tmp_path / "relay", time=time) as scene:
        if known:
            await write_first(scene)
        blocked = scene.inside.store.texts.numbers.blocked

        async def again(word: str, ref: str) -> None:
            assert await scene.network.text(word, gateway_ref=ref)

        await again("STOP", "SM1")
        await again("START", "SM2")
        for days in (0, 1, 3, 20):
            time.advance(days * 86_400)
            await scene.inside.relay.texts.arriving.sweep()
            await scene.inside.relay.texts.arriving.sweep()
            await again("STOP", "SM1")
            assert blocked(CAROL) == frozenset()
        await again("STOP", "SM3")
        assert blocked(CAROL) == {OURS}
        await again("START", "SM2")
        assert blocked(CAROL) == {OURS}
        answers = 3 + known
        await scene.asked(answers)
        assert len(scene.network.asked) == answers
