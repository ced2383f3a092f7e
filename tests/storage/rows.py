"""Short ways to people, conversations and messages for the tests of the tables."""

from app.common import ids
from app.storage import conversations, messages, people
from app.storage.transaction import Tx

BOB = b"B" * 32
CAROL = b"C" * 32


def conversation(tx: Tx, name: str = "Bob", account: bytes | None = BOB) -> bytes:
    """A person of that name and the direct conversation with it."""
    person = ids.random_id()
    people.create(tx, person, account=account, name=name)
    conversations.ensure_direct(tx, person)
    return person


def message(
    conversation: bytes, order: int, *, author: bytes = BOB, message: bytes | None = None, words: str = "hello"
) -> messages.NewMessage:
    """An incoming text that counts as unread."""
    return messages.NewMessage(
        conversation=conversation,
        message=message or ids.random_id(),
        author=author,
        device=b"d" * 16,
        kind="text",
        body=words.encode(),
        ord=order,
        sent_at=order,
        countable=True,
        fallback=words,
    )
