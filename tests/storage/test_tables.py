"""The smaller tables: own account, people, keys, conversations, delivery, receipts, notices, repeats, usage."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.common.clock import ManualClock
from app.domain.conversation import Policy
from app.domain.delivery import Event, Status
from app.storage import (
    chats,
    conversations,
    jobs,
    keys,
    messages,
    notices,
    own,
    people,
    places,
    receipts,
    recipients,
    repeats,
    usage,
)
from app.storage.database import Database
from app.storage.places import Place
from app.storage.transaction import Tx
from tests.parts.examples import examples
from tests.storage import rows
from tests.storage.test_messages import on_disk


async def test_own_account_is_written_once_and_counts_its_starts(database: Database) -> None:
    new = own.Own(
        account=b"a" * 32, root_public=b"r" * 32, device=b"d" * 16, device_seed=b"s" * 32, recovery_code="12345 67890"
    )

    def work(tx: Tx) -> None:
        with pytest.raises(errors.Broken):
            own.start(tx)
        assert own.load(tx) is None
        own.create(tx, new)
        assert own.load(tx) == new
        (one, first), (two, second) = own.start(tx), own.start(tx)
        assert (one, two) == (1, 2)
        assert len(first) == 16
        assert first != second
        own.confirm_code(tx)
        own.set_registered(tx, "alice@example.com")
        own.set_name(tx, "Alice")
        own.set_relay(tx, b"i", b"u", b"k")
        own.set_rich(tx, "leaving")
        own.set_clock_offset(tx, -5)
        own.save_keys(tx, b"keys")
        own.save_chain(tx, b"chain", b"fresh")
        found = own.load(tx)
        assert found is not None
        assert found.recovery_code is None
        assert found.registered is True
        assert (found.address, found.name, found.rich) == ("alice@example.com", "Alice", "leaving")
        assert (found.relay, found.relay_urls, found.relay_key) == (b"i", b"u", b"k")
        assert (found.start_counter, found.start_random, found.clock_offset) == (2, second, -5)
        assert (found.keys, found.chain, found.freshness) == (b"keys", b"chain", b"fresh")
        assert "12345" not in repr(new)

    await database.write(work)
    with pytest.raises(errors.Broken, match="constraint"):
        await database.write(lambda tx: own.create(tx, new))


async def test_a_person_keeps_its_account_and_an_address_may_move(database: Database) -> None:
    def work(tx: Tx) -> None:
        alice, bob = b"1" * 16, b"2" * 16
        people.create(tx, alice, name="Alice")
        people.create(tx, bob, account=rows.BOB, relation="accepted")
        people.put_address(tx, "alice@example.com", alice)
        people.join_account(tx, alice, rows.CAROL)
        people.join_account(tx, alice, rows.CAROL)
        with pytest.raises(errors.Broken, match="rebound"):
            people.join_account(tx, alice, b"x" * 32)
        found = people.by_address(tx, "alice@example.com")
        assert found is not None
        assert found == people.by_account(tx, rows.CAROL) == people.get(tx, alice)
        people.put_address(tx, "alice@example.com", bob, "proved")
        moved = people.by_address(tx, "alice@example.com")
        assert moved is not None
        assert moved.person == bob
        assert people.addresses(tx, [alice, bob]) == [people.Address("alice@example.com", bob, "proved", tx.now)]
        assert people.address(tx, "nobody@example.com") is None
        assert people.accounts(tx, "accepted") == [rows.BOB]
        assert people.set_relation(tx, alice, "accepted")
        assert not people.set_relation(tx, alice, "accepted")
        assert people.set_claims(tx, alice, "A.", "a@example.com")
        assert not people.set_claims(tx, alice, "A.", "a@example.com")
        assert [person.name for person in people.every(tx)] == ["", "Alice"]

    await database.write(work)


@pytest.mark.parametrize("source", Policy)
@pytest.mark.parametrize("target", Policy)
async def test_what_was_to_stay_encrypted_stays_so_when_two_become_one(
    database: Database, source: Policy, target: Policy
) -> None:
    def work(tx: Tx) -> None:
        known, number = rows.conversation(tx), rows.conversation(tx, "bob@example.com", None)
        conversations.set_bearer(tx, number, source)
        conversations.set_bearer(tx, known, target)
        people.merge(tx, number, known)
        talk = conversations.get(tx, known)
        assert talk is not None
        assert talk.bearer == (Policy.ONLY_ENCRYPTED if Policy.ONLY_ENCRYPTED in (source, target) else target)

    await database.write(work)


async def test_somebody_known_by_an_address_becomes_one_with_the_account_behind_it(database: Database) -> None:
    def work(tx: Tx) -> None:
        target = rows.conversation(tx)
        source = rows.conversation(tx, "bob@example.com", None)
        people.put_address(tx, "bob@example.com", source)
        conversations.set_draft(tx, source, "half a")
        row = messages.insert(tx, rows.message(source, messages.PENDING)).row
        recipients.add(tx, row, source)
        recipients.apply(tx, row, source, Event.REJECTED, "gave_up")
        job = jobs.enqueue(tx, jobs.NewJob(lane=source, message=b"m" * 16, kind="rich", row=row, person=source))
        assert people.merge(tx, source, target) == [row]
        assert people.current(tx, source) == people.current(tx, target) == target
        assert [message.row for message in messages.before(tx, target, None, 9)] == [row]
        assert [chat.conversation for chat in chats.listed(tx, 9)] == [target]
        moved, address = jobs.get(tx, job), people.address(tx, "bob@example.com")
        assert moved is not None
        assert (moved.lane, moved.person) == (target, target)
        assert address is not None
        assert address.person == target
        kept = recipients.get(tx, row, target)
        assert kept is not None
        assert kept.reason == "gave_up"
        assert [step.event for step in recipients.steps(tx, row)] == [Event.REJECTED]
        talk = conversations.get(tx, target)
        assert talk is not None
        assert (talk.draft, talk.last_message) == ("half a", row)
        with pytest.raises(errors.Broken, match="rebound"):
            people.merge(tx, target, source)

    await database.write(work)


async def test_whoever_was_rich_stays_known_as_such(database: Database) -> None:
    def save(tx: Tx, version: int, rich: str) -> people.Person | None:
        people.save_list(
            tx, rows.BOB, epoch=1, version=version, digest=b"h", chain=b"c" * version, freshness=b"f", rich=rich
        )
        return people.by_account(tx, rows.BOB)

    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        first = save(tx, 1, "yes")
        later = save(tx, 2, "no")
        assert first is not None
        assert later is not None
        assert (first.rich, first.ever_rich) == ("yes", True)
        assert (later.rich, later.ever_rich, later.list_version, later.chain) == ("no", True, 2, b"cc")
        people.set_rich(tx, talk, "unconfirmed")
        people.set_verified(tx, talk, True)
        people.set_name(tx, talk, "Robert")
        found = people.get(tx, talk)
        assert found is not None
        assert (found.rich, found.verified, found.name) == ("unconfirmed", True, "Robert")

    await database.write(work)


async def test_a_removed_device_gets_no_state_again(database: Database) -> None:
    def work(tx: Tx) -> None:
        keys.save_pair(tx, rows.BOB, b"d" * 16, b"one")
        keys.save_pair(tx, rows.BOB, b"d" * 16, b"two")
        keys.save_pair(tx, rows.CAROL, b"d" * 16, b"lies")
        assert [pair.state for pair in keys.pairs(tx, rows.BOB)] == [b"two"]
        assert {pair.account for pair in keys.pairs_of_device(tx, b"d" * 16)} == {rows.BOB, rows.CAROL}
        keys.remove_pair(tx, rows.BOB, b"d" * 16)
        keys.remove_pair(tx, rows.BOB, b"e" * 16)
        keys.save_pair(tx, rows.BOB, b"d" * 16, b"three")
        keys.save_pair(tx, rows.BOB, b"e" * 16, b"three")
        assert [(pair.state, pair.removed) for pair in keys.pairs(tx, rows.BOB)] == [(b"", True), (b"", True)]
        assert keys.pair(tx, b"x" * 32, b"d" * 16) is None
        found = keys.pair(tx, rows.CAROL, b"d" * 16)
        assert found is not None
        assert "lies" not in repr(found)

    await database.write(work)


async def test_an_envelope_is_seen_once_for_62_days(database: Database, time: ManualClock) -> None:
    def mark(tx: Tx) -> bool:
        return keys.mark_seen(tx, b"d" * 16, b"s" * 16, b"h" * 32, rows.BOB)

    assert await database.write(mark)
    assert not await database.write(mark)
    first = await database.read(lambda view: keys.seen(view, b"d" * 16, b"s" * 16))
    assert first == keys.Seen(b"d" * 16, b"s" * 16, b"h" * 32, rows.BOB, time.now())
    time.advance(60 * 24 * 3600)
    assert await database.write(keys.forget_seen) == 0
    time.advance(3 * 24 * 3600)
    assert await database.write(keys.forget_seen) == 1
    assert await database.write(mark)


async def test_sequences_are_kept_for_each_device_and_conversation(database: Database) -> None:
    one, two = keys.Sequence(b"d" * 16, b"w" * 32, 3, b""), keys.Sequence(b"d" * 16, b"v" * 32, 9, b"holes")

    def work(tx: Tx) -> None:
        for sequence in (one, two, keys.Sequence(b"d" * 16, b"w" * 32, 4, b"x")):
            keys.save_sequence(tx, sequence)

    await database.write(work)
    found = await database.read(lambda view: keys.sequence(view, b"d" * 16, b"w" * 32))
    assert found == keys.Sequence(b"d" * 16, b"w" * 32, 4, b"x")
    assert await database.read(lambda view: keys.sequence(view, b"d" * 16, b"v" * 32)) == two
    assert await database.read(lambda view: keys.sequence(view, b"e" * 16, b"v" * 32)) is None


async def test_a_conversation_hands_out_orders_and_numbers(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        assert not conversations.ensure_direct(tx, talk, b"w" * 32)
        assert conversations.next_order(tx, talk, 100) == 100
        assert conversations.next_order(tx, talk, 50) == 101
        conversations.raise_order(tx, talk, 500)
        conversations.raise_order(tx, talk, 400)
        assert conversations.next_order(tx, talk, 300) == 501 == conversations.highest_order(tx, talk)
        assert [conversations.next_sequence(tx, talk) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(errors.Broken, match="no_conversation"):
            conversations.next_order(tx, b"none", 1)
        with pytest.raises(errors.Broken, match="rebound"):
            conversations.set_wire(tx, talk, b"v" * 32)
        found = conversations.by_wire(tx, b"w" * 32)
        assert found is not None
        assert found.conversation == talk

    await database.write(work)


async def test_drafts_and_choices_are_kept(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        conversations.set_draft(tx, talk, "half a", 7)
        conversations.set_muted(tx, talk, 99)
        conversations.set_pinned(tx, talk, True)
        conversations.set_archived(tx, talk, True)
        conversations.set_bearer(tx, talk, "only_encrypted")
        conversations.set_title(tx, talk, "Team")
        conversations.set_marked_unread(tx, talk, True)
        conversations.set_told(tx, talk, receipts=False, typing=False)
        found = conversations.get(tx, talk)
        assert found is not None
        assert (found.draft, found.draft_reply, found.draft_at) == ("half a", 7, tx.now)
        assert (found.muted_until, found.pinned, found.archived) == (99, True, True)
        assert (found.bearer, found.title, found.marked_unread) == ("only_encrypted", "Team", True)
        assert (found.receipts, found.typing) == (False, False)
        conversations.set_draft(tx, talk, "")
        assert conversations.mark_read(tx, talk, 5, b"m")
        found = conversations.get(tx, talk)
        assert found is not None
        assert (found.draft, found.draft_reply, found.draft_at, found.marked_unread) == ("", 0, 0, False)

    await database.write(work)


@settings(max_examples=examples(40))
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(list(Event))), max_size=8))
def test_the_summary_is_the_least_of_all_recipients(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, Event]]
) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        row = messages.insert(tx, rows.message(talk, 1)).row
        to = [b"p" * 16, b"q" * 16]
        for person in to:
            recipients.add(tx, row, person)
        for at, event in events:
            before = recipients.get(tx, row, to[at])
            moved = recipients.apply(tx, row, to[at], event)
            assert before is not None
            assert moved is not None
            assert moved.changed == (moved.status is not before.status)
            found = recipients.of_rows(tx, [row])[row]
            stored = messages.get(tx, row)
            assert stored is not None
            ranks = ["failed", "queued", "sending", "sent", "delivered", "read"]
            assert stored.status == moved.summary == min((r.status for r in found), key=lambda s: ranks.index(s))

    on_disk(tmp_path_factory.mktemp("delivery"), work)


async def test_a_reason_stays_as_long_as_it_is_true(database: Database, time: ManualClock) -> None:
    def start(tx: Tx) -> int:
        talk = rows.conversation(tx)
        row = messages.insert(tx, rows.message(talk, 1)).row
        recipients.add(tx, row, talk, address="bob@example.com")
        recipients.bind(tx, row, talk, rows.BOB, "bob@example.com")
        recipients.set_attempt(tx, row, talk, 1, b"s" * 16)
        recipients.apply(tx, row, talk, Event.ATTEMPT)
        failed = recipients.apply(tx, row, talk, Event.REJECTED, "relay_full")
        assert failed is not None
        stored = messages.get(tx, row)
        assert stored is not None
        assert (stored.status, stored.reason) == ("failed", "relay_full")
        return row

    row = await database.write(start)
    time.advance(60)

    def go_on(tx: Tx) -> None:
        found = recipients.by_submit(tx, b"s" * 16)
        assert found is not None
        assert (found.row, found.account, found.attempt) == (row, rows.BOB, 1)
        recipients.apply(tx, row, found.person, Event.RETRY)
        recipients.apply(tx, row, found.person, Event.ATTEMPT)
        recipients.apply(tx, row, found.person, Event.ACCEPTED)
        messages.set_accepted(tx, row, 1234)
        stored = messages.get(tx, row)
        assert stored is not None
        assert (stored.status, stored.reason, stored.received_at) == ("sent", "", 1234)
        assert recipients.apply(tx, row, b"nobody" + bytes(10), Event.READ) is None
        steps = {step.event: step for step in recipients.steps(tx, row)}
        assert steps[Event.ATTEMPT].times == 2
        assert steps[Event.ATTEMPT].last_at - steps[Event.ATTEMPT].first_at == 60_000
        assert steps[Event.ACCEPTED].times == 1

    await database.write(go_on)


async def test_every_step_keeps_its_time_whatever_overtakes_it(database: Database, time: ManualClock) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        row = messages.insert(tx, rows.message(talk, 1)).row
        recipients.add(tx, row, talk)
        start = tx.now
        recipients.apply(tx, row, talk, Event.ATTEMPT)
        recipients.apply(tx, row, talk, Event.READ, at=start - 5)  # the relay's clock is behind
        assert recipients.arrived(tx, [row]) == {(row, talk): start}
        for event in (Event.ACCEPTED, Event.DELIVERED, Event.DELIVERED):
            late = recipients.apply(tx, row, talk, event, at=start + 100)
            assert late is not None
            assert (late.status, late.changed) == (Status.READ, False)
        found = {step.event: (step.first_at, step.last_at, step.times) for step in recipients.steps(tx, row)}
        assert found == dict.fromkeys((Event.ATTEMPT, Event.READ, Event.ACCEPTED, Event.DELIVERED), (start, start, 1))

    await database.write(work)
    time.advance(60)

    def in_order(tx: Tx) -> None:
        talk = rows.conversation(tx, "Carol", rows.CAROL)
        row = messages.insert(tx, rows.message(talk, 1, author=rows.CAROL)).row
        recipients.add(tx, row, talk)
        for event, at in ((Event.ATTEMPT, 0), (Event.ACCEPTED, tx.now - 40_000), (Event.DELIVERED, tx.now + 9_000)):
            recipients.apply(tx, row, talk, event, at=at)
            assert recipients.steps(tx, row)[-1].last_at == tx.now
        assert recipients.arrived(tx, [row]) == {(row, talk): tx.now}

    await database.write(in_order)


async def test_what_was_being_sent_waits_again_after_a_start(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        found = [messages.insert(tx, rows.message(talk, order)).row for order in range(3)]
        for row in found:
            recipients.add(tx, row, talk)
        recipients.apply(tx, found[0], talk, Event.ATTEMPT)
        recipients.apply(tx, found[1], talk, Event.ATTEMPT)
        recipients.apply(tx, found[1], talk, Event.ACCEPTED)
        assert recipients.after_start(tx) == [found[0]]
        assert recipients.after_start(tx) == []
        statuses = [recipients.get(tx, row, talk) for row in found]
        assert [one.status for one in statuses if one] == [Status.QUEUED, Status.SENT, Status.QUEUED]

    await database.write(work)


async def test_receipts_fall_due_once_and_may_be_held(database: Database, time: ManualClock) -> None:
    def work(tx: Tx) -> None:
        assert receipts.add(tx, rows.BOB, b"1" * 16, "delivered", tx.now + 2)
        assert not receipts.add(tx, rows.BOB, b"1" * 16, "delivered", tx.now)
        assert receipts.add(tx, rows.BOB, b"2" * 16, "delivered", tx.now + 1)
        assert receipts.add(tx, rows.CAROL, b"3" * 16, "delivered", tx.now, held=True)
        assert receipts.due(tx, tx.now) == []
        assert receipts.next_due_at(tx) == tx.now + 1
        assert [due.message[:1] for due in receipts.due(tx, tx.now + 2)] == [b"2", b"1"]
        receipts.drop(tx, rows.BOB, [b"1" * 16, b"2" * 16], "delivered")
        assert receipts.next_due_at(tx) is None
        assert receipts.release(tx, rows.CAROL, tx.now) == 1
        assert receipts.due(tx, tx.now) == [receipts.Receipt(rows.CAROL, b"3" * 16, "delivered", False, tx.now)]
        assert receipts.drop_all(tx, rows.CAROL) == 1

    await database.write(work)


async def test_the_same_notice_only_counts_up_until_it_is_settled(database: Database, time: ManualClock) -> None:
    first = await database.write(lambda tx: notices.add(tx, "device", "unknown_device", account=rows.BOB))
    time.advance(1)
    again = await database.write(lambda tx: notices.add(tx, "device", "unknown_device", account=rows.BOB, alarm=True))
    other = await database.write(lambda tx: notices.add(tx, "device", "unknown_device", account=rows.CAROL))
    assert first == again != other
    found = await database.read(notices.pending)
    assert [(one.notice, one.times, one.alarm, one.at) for one in found] == [
        (first, 2, True, time.now()),
        (other, 1, False, time.now()),
    ]
    await database.write(lambda tx: notices.settle(tx, first))
    assert [one.notice for one in await database.read(notices.pending)] == [other]
    renewed = await database.write(lambda tx: notices.add(tx, "device", "unknown_device", account=rows.BOB))
    assert renewed > other
    settled = await database.read(lambda view: notices.get(view, first))
    assert settled is not None
    assert settled.settled is True


async def test_repeats_are_counted_by_account_device_and_time(database: Database, time: ManualClock) -> None:
    began = time.now()

    def ask(tx: Tx) -> None:
        repeats.record(tx, "asked", rows.BOB, b"d" * 16, b"one")
        repeats.record(tx, "asked", rows.BOB, b"e" * 16, b"two")
        repeats.record(tx, "answered", rows.BOB, b"d" * 16, b"one")

    await database.write(ask)
    time.advance(3600)
    later = time.now()
    await database.write(lambda tx: repeats.record(tx, "asked", rows.BOB, b"d" * 16, b"three"))

    def look(view: Tx) -> None:
        assert repeats.count(view, "asked", rows.BOB, began) == 3
        assert repeats.count(view, "asked", rows.BOB, began, b"d" * 16) == 2
        assert repeats.count(view, "asked", rows.BOB, later) == 1
        assert repeats.known(view, "answered", rows.BOB, b"one")
        assert not repeats.known(view, "answered", rows.BOB, b"two")

    await database.write(look)
    time.advance(repeats.KEPT_MS / 1000 - 1800)
    assert await database.write(repeats.forget) == 3


async def test_usage_adds_up_by_day(database: Database, time: ManualClock) -> None:
    today = time.now() // usage.DAY_MS
    for size in (10, 20):
        await database.write(lambda tx, size=size: usage.add(tx, "wifi", b"c" * 16, "message", size))
    time.advance(24 * 3600)
    await database.write(lambda tx: usage.add(tx, "metered", b"", "sync", 5, 2))
    assert await database.read(lambda view: usage.since(view, today)) == [
        usage.Usage(today, "wifi", b"c" * 16, "message", 30, 2),
        usage.Usage(today + 1, "metered", b"", "sync", 5, 2),
    ]
    assert await database.write(lambda tx: usage.forget(tx, today + 1)) == 1


_chats = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3)), min_size=1, max_size=25)


@settings(max_examples=examples(40))
@given(made=_chats, size=st.integers(1, 6))
def test_the_chat_list_pages_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[bool, bool, int]], size: int
) -> None:
    def work(tx: Tx) -> None:
        model: list[tuple[bool, int, bytes]] = []
        for number, (pinned, archived, words) in enumerate(made):
            talk = rows.conversation(tx, f"Person {number}", number.to_bytes(32, "big"))
            active = tx.now + words
            for order in range(words):
                messages.insert(tx, rows.message(talk, tx.now + 1 + order))
            conversations.set_pinned(tx, talk, pinned)
            conversations.set_archived(tx, talk, archived)
            if not archived:
                model.append((not pinned, -active, talk))
        model.sort()
        found: list[chats.Chat] = []
        place: chats.Place | None = None
        while page := chats.listed(tx, size, place):
            found += page
            place = page[-1].place
        assert [chat.conversation for chat in found] == [talk for _, _, talk in model]
        assert [chat.unread for chat in found] == [-active - tx.now for _, active, _ in model]
        assert all((chat.last is None) == (chat.unread == 0) for chat in found)
        assert chats.of(tx, [chat.conversation for chat in reversed(found)]) == found
        hidden = chats.listed(tx, 100, archived=True)
        assert len(hidden) == sum(archived and words > 0 for _, archived, words in made)  # strangers, all of them

    on_disk(tmp_path_factory.mktemp("chats"), work)


async def test_a_chat_shows_who_it_is(database: Database) -> None:
    def work(tx: Tx) -> None:
        talk = rows.conversation(tx)
        people.put_address(tx, "bob@example.com", talk)
        people.set_claims(tx, talk, "Bobby", "bob@example.com")
        (chat,) = chats.listed(tx, 10)
        assert (chat.account, chat.name, chat.claimed_name) == (rows.BOB, "Bob", "Bobby")
        assert (chat.address, chat.relation, chat.verified) == ("bob@example.com", "stranger", False)

    await database.write(work)


async def test_the_place_of_a_window_moves_and_is_forgotten(database: Database) -> None:
    def write(tx: Tx) -> bytes:
        bob = rows.conversation(tx)
        places.keep(tx, "open", Place(bob, 7))
        places.keep(tx, "open", Place(bob, 9))
        return bob

    bob = await database.write(write)
    assert await database.read(lambda view: places.find(view, "open")) == Place(bob, 9)
    assert await database.read(lambda view: places.find(view, "other")) is None
    await database.write(lambda tx: places.drop(tx, "open"))
    assert await database.read(lambda view: places.find(view, "open")) is None
