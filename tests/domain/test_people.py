"""Trust after new lists, and whose word a name is."""

import pytest

from app.common.ids import AccountId, PersonId
from app.domain import people
from app.domain.people import Account, Contact, Relation, Shown, Trust, shown_name

ALICE = AccountId(b"A" * 32)
PERSON = PersonId(b"p" * 16)


def test_only_a_raised_root_epoch_shakes_what_was_compared() -> None:
    account = Account(ALICE, version=3, root_epoch=1).verified()
    assert account.pinned(4, 1, rich=True).trust is Trust.VERIFIED
    assert account.pinned(1, 2, rich=True).trust is Trust.CHANGED
    assert account.pinned(1, 2, rich=True).pinned(2, 3, rich=True).trust is Trust.CHANGED
    assert account.pinned(1, 2, rich=True).verified().trust is Trust.VERIFIED
    assert Account(ALICE).pinned(1, 5, rich=False) == Account(ALICE, 1, 5, rich=False)


def test_relations_have_the_numbers_of_the_wire() -> None:
    assert [int(relation) for relation in people.Relation] == [0, 1, 2]


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        (Contact(PERSON), Shown("", claimed=True)),
        (Contact(PERSON, claimed_name="Alice"), Shown("Alice", claimed=True)),
        (Contact(PERSON, claimed_address="alice@example.com"), Shown("alice@example.com", claimed=True)),
        (
            Contact(PERSON, addresses=("alice@example.com",), claimed_name="The Bank"),
            Shown("alice@example.com", claimed=False),
        ),
        (
            Contact(PERSON, addresses=("a@example.com",), claimed_name="Alice", relation=Relation.ACCEPTED),
            Shown("Alice", claimed=False),
        ),
        (Contact(PERSON, name="Sister", claimed_name="Alice"), Shown("Sister", claimed=False)),
        (Contact(PERSON, claimed_name="\u202eecilA\n\x00"), Shown("ecilA", claimed=True)),
        (Contact(PERSON, name="\u2066 \u2069", claimed_name="Alice"), Shown("Alice", claimed=True)),
    ],
)
def test_whose_word_a_name_is(contact: Contact, shown: Shown) -> None:
    assert shown_name(contact) == shown


def test_an_address_is_joined_once_and_ends_its_claim() -> None:
    contact = Contact(PERSON, ALICE, claimed_address="alice@example.com")
    joined = contact.joined("alice@example.com")
    assert joined.addresses == ("alice@example.com",)
    assert joined.claimed_address == ""
    assert joined.joined("alice@example.com") == joined
    other = contact.joined("+12025550101")
    assert (other.addresses, other.claimed_address) == (("+12025550101",), "alice@example.com")
