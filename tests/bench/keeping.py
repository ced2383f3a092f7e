"""The store's figures: searching a word among a million messages, in a real encrypted database on the disk."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

from app.common import clock, ids
from app.storage import conversations, messages, people, search
from app.storage.database import Database
from app.storage.transaction import Tx, View
from tests.bench.report import Row

GOAL = 5.0  # milliseconds
PAGE = 50  # results of one search
BATCH = 20_000
PEOPLE = 200
VOCABULARY = 30_000
REPEATS = 40

_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]


def _vocabulary(dice: random.Random) -> list[str]:
    """Words of two to four syllables; the first ones are those that people use most."""
    words = dict.fromkeys("".join(dice.choices(_SYLLABLES, k=dice.choice((2, 3, 3, 4)))) for _ in range(4 * VOCABULARY))
    return list(words)[:VOCABULARY]


class _Talk:
    """Messages as people write them: few words very often, most words hardly ever (Zipf)."""

    def __init__(self) -> None:
        self._dice = random.Random(1)
        self.words = _vocabulary(self._dice)
        self._weights = list(accumulate(1 / rank for rank in range(2, len(self.words) + 2)))

    def line(self) -> str:
        return " ".join(self._dice.choices(self.words, cum_weights=self._weights, k=self._dice.randrange(3, 18)))

    def asked(self) -> list[str]:
        """What is searched: the commonest words, some in between, rare ones."""
        return [self.words[rank] for rank in (0, 1, 10, 100, 1_000, 5_000, 10_000, len(self.words) - 1)]


def find(count: int, say: Callable[[str], None]) -> list[Row]:
    """Search among ``count`` messages; the median of the slowest word counts."""
    return asyncio.run(_find(count, say))


async def _find(count: int, say: Callable[[str], None]) -> list[Row]:
    talk = _Talk()
    with tempfile.TemporaryDirectory(prefix="kingfisher-bench-store-") as folder:
        path = Path(folder) / "store.db"
        time_source = clock.SystemClock()
        database = await Database.open(path, bytes(range(32)), time_source, lambda notes: None)
        try:
            started = time.perf_counter()
            await _fill(database, talk, count)
            taken = time.perf_counter() - started
            size = sum(file.stat().st_size for file in path.parent.iterdir())
            say(f"search: {count:,} messages stored in {taken:.0f} s, {size / 2**20:,.0f} MiB")
            asked = talk.asked()
            beginnings = [asked[0][:length] for length in (1, 2, 3, 4)]
            found = {word: await _ask(database, word) for word in (*asked, *beginnings)}
        finally:
            await database.close()
    for word, (median, worst, hits) in found.items():
        say(f"search: {word:10} {hits:2} of a page, median {median:.2f} ms, slowest {worst:.2f} ms")
    figure = max(found[word][0] for word in asked)
    return [Row(f"search of a word, {count:,} messages", f"{figure:.2f} ms", value=figure, goal=GOAL)]


async def _fill(database: Database, talk: _Talk, count: int) -> None:
    people_here = await database.write(_people)
    for first in range(0, count, BATCH):
        lines = [talk.line() for _ in range(min(BATCH, count - first))]
        await database.write(lambda tx, first=first, lines=lines: _store(tx, people_here, first, lines))


def _people(tx: Tx) -> list[bytes]:
    made = [ids.random_id() for _ in range(PEOPLE)]
    for number, person in enumerate(made):
        people.create(tx, person, account=bytes([number]) * 32, name=f"Person {number}")
        conversations.ensure_direct(tx, person)
    return made


def _store(tx: Tx, people_here: Sequence[bytes], first: int, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, first):
        stored = messages.insert(
            tx,
            messages.NewMessage(
                conversation=people_here[number % PEOPLE],
                message=ids.new_id(clock.SystemClock()),
                author=bytes([number % PEOPLE]) * 32,
                device=bytes(16),
                kind="text",
                body=line.encode(),
                ord=number,
                sent_at=number,
                countable=True,
                fallback=line,
            ),
        )
        search.index(tx, stored.row, line)


async def _ask(database: Database, word: str) -> tuple[float, float, int]:
    """Median and worst milliseconds of searching a word and reading what was found, and how much that was."""

    def work(view: View) -> int:
        return len(messages.of_rows(view, search.find(view, word, PAGE)))

    times: list[float] = []
    hits = 0
    for _ in range(REPEATS):
        started = time.perf_counter()
        hits = await database.read(work)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), max(times), hits
