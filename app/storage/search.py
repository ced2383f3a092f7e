"""Full-text search over the words of messages; the index holds no text that could be read back."""

from app.storage.transaction import Tx, View

MAX_WORDS = 16
MAX_LENGTH = 64
INDEXED_CHARACTERS = 32_768


def index(tx: Tx, row: int, text: str) -> None:
    """Make a message findable by these words, instead of what it was found by before."""
    tx.run("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", (row, text[:INDEXED_CHARACTERS]))


def remove(tx: Tx, row: int) -> None:
    tx.run("DELETE FROM search WHERE rowid = ?", (row,))


def find(view: View, words: str, limit: int = 50, older_than: int | None = None) -> list[int]:
    """The rows that hold all the words, newest stored first; the last word may be unfinished.

    ``older_than`` continues after the last row of a page. Nothing in ``words`` is taken as a search operator.
    """
    match = expression(words)
    if not match:
        return []
    if older_than is None:
        found = view.rows("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?", (match, limit))
    else:
        sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        found = view.rows(sql, (match, older_than, limit))
    return [row for (row,) in found]


def expression(words: str) -> str:
    """The words as an FTS5 expression: each quoted, the last one as a prefix; empty without words."""
    quoted = ['"' + word[:MAX_LENGTH].replace('"', '""') + '"' for word in words.replace("\0", " ").split()[:MAX_WORDS]]
    if not quoted:
        return ""
    # A single Latin letter as a prefix would match a great part of the index, and tells nobody anything.
    finished = words[-1].isspace() or (len(quoted[-1]) == 3 and quoted[-1].isascii())
    return " ".join(quoted) + ("" if finished else "*")
