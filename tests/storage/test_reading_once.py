"""What one work reads once and puts off is never seen older than it is, also when a savepoint is taken back."""

import contextlib
from collections.abc import Callable

import pytest

from app.storage import annotations, keys, people
from app.storage.database import Database
from app.storage.transaction import Tx
from tests.storage import rows


async def test_a_sequence_that_was_saved_is_told_in_the_same_work_and_goes_with_its_savepoint(
    database: Database,
) -> None:
    device, wire = b"d" * 16, b"w" * 32

    def work(tx: Tx) -> list[int]:
        told: list[int] = []

        def tell() -> None:
            found = keys.sequence(tx, device, wire)
            told.append(found.highest if found is not None else 0)

        tell()
        keys.save_sequence(tx, keys.Sequence(device, wire, 1, b""))
        tell()
        with contextlib.suppress(ZeroDivisionError), tx.savepoint():
            keys.save_sequence(tx, keys.Sequence(device, wire, 7, b""))
            tell()
            raise ZeroDivisionError
        tell()
        return told

    assert await database.write(work) == [0, 1, 7, 1]
    assert await database.read(lambda view: keys.sequence(view, device, wire)) == keys.Sequence(device, wire, 1, b"")


CHANGES: dict[str, Callable[[Tx, bytes], object]] = {
    "account": lambda tx, who: people.join_account(tx, who, rows.BOB),
    "relation": lambda tx, who: people.set_relation(tx, who, "blocked"),
    "verified": lambda tx, who: people.set_verified(tx, who, True),
    "name": lambda tx, who: people.set_name(tx, who, "Robert"),
    "claims": lambda tx, who: people.set_claims(tx, who, "Rob", "rob@example.com"),
    "rich": lambda tx, who: people.set_rich(tx, who, "no"),
    "list": lambda tx, _: people.save_list(
        tx, rows.BOB, epoch=1, version=2, digest=b"h", chain=b"c", freshness=b"f", rich="yes"
    ),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_what_a_work_has_read_of_a_person_is_never_older_than_what_it_wrote(
    database: Database, what: str
) -> None:
    def unread(tx: Tx) -> people.Person | None:
        tx.kept(people.Person).clear()
        return people.by_account(tx, rows.BOB)

    def work(tx: Tx) -> None:
        who = rows.conversation(tx)
        before = people.by_account(tx, rows.BOB)
        with contextlib.suppress(ZeroDivisionError), tx.savepoint():
            CHANGES[what](tx, who)
            assert people.by_account(tx, rows.BOB) == unread(tx)
            raise ZeroDivisionError
        assert people.by_account(tx, rows.BOB) == before == unread(tx)
        CHANGES[what](tx, who)
        after = people.by_account(tx, rows.BOB)
        assert after == unread(tx)
        assert (after != before) == (what != "account")

    await database.write(work)


async def test_somebody_who_is_made_within_a_work_is_found_in_it(database: Database) -> None:
    def work(tx: Tx) -> tuple[bool, bool, bool]:
        none = people.by_account(tx, rows.BOB) is None
        with contextlib.suppress(ZeroDivisionError), tx.savepoint():
            rows.conversation(tx)
            made = people.by_account(tx, rows.BOB) is not None
            raise ZeroDivisionError
        return none, made, people.by_account(tx, rows.BOB) is None

    assert await database.write(work) == (True, True, True)


async def test_what_is_parked_within_a_work_is_found_in_it(database: Database) -> None:
    parked = annotations.Parked(
        rows.BOB, b"m" * 16, b"w" * 32, rows.BOB, b"d" * 16, b"a" * 16, "reaction", b"!", 1, 1, 1, b"h"
    )

    def work(tx: Tx) -> list[list[annotations.Parked]]:
        told = [annotations.take_parked(tx, rows.BOB, b"m" * 16)]
        with contextlib.suppress(ZeroDivisionError), tx.savepoint():
            annotations.park(tx, parked)
            told.append(annotations.take_parked(tx, rows.BOB, b"m" * 16))
            raise ZeroDivisionError
        told.append(annotations.take_parked(tx, rows.BOB, b"m" * 16))
        annotations.park(tx, parked)
        told.append(annotations.take_parked(tx, rows.BOB, b"m" * 16))
        return told

    assert await database.write(work) == [[], [parked], [], [parked]]
