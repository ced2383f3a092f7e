"""Places in conversations, in the store since they tell with whom somebody talks: a window's, and what came late."""

from typing import NamedTuple

from app.storage.transaction import Tx, View


class Place(NamedTuple):
    """A conversation, and the row of the message it stood at; 0 for its end."""

    conversation: bytes
    row: int


def keep(tx: Tx, name: str, place: Place) -> None:
    """Put it under this name, in the place of the one before."""
    tx.run(
        "INSERT INTO places (name, conversation, row) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET conversation = excluded.conversation, row = excluded.row",
        (name, *place),
    )


def drop(tx: Tx, name: str) -> None:
    tx.run("DELETE FROM places WHERE name = ?", (name,))


def find(view: View, name: str) -> Place | None:
    row = view.row("SELECT conversation, row FROM places WHERE name = ?", (name,))
    return Place(*row) if row is not None else None
