"""Full-text search over the words of messages; the index holds no text that could be read back."""

from app.storage.transaction import Tx, View

MAX_WORDS = 16
MAX_LENGTH = 64
INDEXED_CHARACTERS = 32_768
LOOKED_AT = 20_000  # hits of a search in one conversation, whatever conversation they are in
INDEXED_PREFIX = 3  # as in the table's own setting
COMMON = 50  # messages that hold a word, from which on nobody needs those with a longer one
_IDEOGRAPHS = "\u2e80"  # from here on one letter says as much as a word


def index(tx: Tx, row: int, text: str) -> None:
    """Make a message findable by these words, instead of what it was found by before, once the work is done."""
    tx.run_last("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", (row, text[:INDEXED_CHARACTERS]))


def remove(tx: Tx, row: int) -> None:
    tx.run_last("DELETE FROM search WHERE rowid = ?", (row,))


def find(view: View, words: str, limit: int = 50, older_than: int | None = None) -> list[int]:
    """The rows that hold all the words, newest stored first; the last word may be unfinished.

    ``older_than`` continues after the last row of a page. Nothing in ``words`` is taken as a search operator. A last
    word that is itself found in 50 messages counts as finished.
    """
    quoted = _quoted(words)
    if not quoted:
        return []
    match = " ".join(quoted)
    if not _finished(view, words, match):
        match += "*"
    return _newest(view, match, limit, older_than)


def find_in(view: View, conversation: bytes, words: str, limit: int) -> list[int]:
    """The rows of one conversation that hold all the words, the last of the conversation first.

    Only the newest stored hits of all conversations are looked at, so that a word that is in every message takes no
    longer than it is worth.
    """
    quoted = _quoted(words)
    if not quoted:
        return []
    match = " ".join(quoted)
    if not _finished(view, words, match):
        match += "*"
    sql = (
        "SELECT m.row FROM (SELECT rowid AS hit FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?) "
        "CROSS JOIN messages m ON m.row = hit WHERE m.conversation = ? "
        "ORDER BY m.ord DESC, m.message DESC, m.row DESC LIMIT ?"
    )
    return [row for (row,) in view.rows(sql, (match, LOOKED_AT, conversation, limit))]


def _newest(view: View, match: str, limit: int, older_than: int | None = None) -> list[int]:
    if older_than is None:
        found = view.rows("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?", (match, limit))
    else:
        sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        found = view.rows(sql, (match, older_than, limit))
    return [row for (row,) in found]


def _quoted(words: str) -> list[str]:
    parts = words.replace("\0", " ").split()[:MAX_WORDS]
    return ['"' + word[:MAX_LENGTH].replace('"', '""') + '"' for word in parts]


def _finished(view: View, words: str, match: str) -> bool:
    """Whether the last word is to be taken as it stands.

    Prefixes of two and three letters have an index of their own; any other gathers all its messages before the newest
    are known, which takes long for a single letter and for what a common word begins with.
    """
    if words[-1].isspace():
        return True
    last = words.split()[-1]
    if len(last) == 1:
        return last < _IDEOGRAPHS
    return len(last) > INDEXED_PREFIX and len(_newest(view, match, COMMON)) == COMMON
