"""Full-text search: what is found, in which order, and that no input is taken as an operator."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.storage import search
from app.storage.database import Database
from app.storage.transaction import Tx
from tests.parts.examples import examples
from tests.storage.test_messages import on_disk

TEXTS = {
    1: "Lunch at the café tomorrow?",
    2: "lunch was great",
    3: 'He said "hello" AND left',
    4: "увидимся завтра",
    5: "good morning good people",
    6: "100% sure (really)",
}


async def test_words_are_found_newest_first(database: Database) -> None:
    def work(tx: Tx) -> None:
        for row, text in TEXTS.items():
            search.index(tx, row, text)
        expected = {
            "lunch": [2, 1],
            "LUNCH cafe": [1],
            "lun": [2, 1],
            "lun ": [],  # finished with a blank: the whole word
            "tomorrow lunch": [1],
            "завт": [4],
            "hello and": [3],
            "AND": [3],
            "NOT lunch": [],
            '"hello"': [3],
            "100%": [6],
            "(really)": [6],
            "lunch*": [2, 1],
            "words: lunch": [],
            "NEAR(lunch great)": [],
            "": [],
            " \t": [],
            "!!!": [],
            "lunch !!!": [2, 1],
            "g": [],
            "\0lunch\0": [2, 1],
        }
        tx.finish()
        assert {words: search.find(tx, words) for words in expected} == expected
        assert search.find(tx, "lunch", limit=1) == [2]
        assert search.find(tx, "lunch", older_than=2) == [1]

    await database.write(work)


async def test_an_edited_message_is_found_by_its_new_words_only(database: Database) -> None:
    def work(tx: Tx) -> None:
        search.index(tx, 1, "old words")
        search.index(tx, 1, "new words")
        tx.finish()
        assert (search.find(tx, "old "), search.find(tx, "new "), search.find(tx, "words ")) == ([], [1], [1])
        search.remove(tx, 1)
        search.remove(tx, 1)
        tx.finish()
        assert search.find(tx, "words") == []

    await database.write(work)


@settings(max_examples=examples(60))
@given(words=st.text(max_size=40), text=st.text(max_size=60))
def test_any_input_is_words_and_never_an_error(tmp_path_factory: pytest.TempPathFactory, words: str, text: str) -> None:
    def work(tx: Tx) -> None:
        search.index(tx, 7, text)
        search.index(tx, 8, f"kingfisher {words} kingfisher")
        tx.finish()
        assert set(search.find(tx, words)) <= {7, 8}
        assert search.find(tx, "kingfisher") == [8]

    on_disk(tmp_path_factory.mktemp("search"), work)


async def test_what_is_searched_for_is_bounded(database: Database) -> None:
    def work(tx: Tx) -> None:
        search.index(tx, 1, "w" * search.MAX_LENGTH + " word")
        tx.finish()
        assert search.find(tx, "w" * 5000) == [1]
        assert search.find(tx, "word " * search.MAX_WORDS + "missing") == [1]  # only so many words are looked for
        assert search.find(tx, "word " * (search.MAX_WORDS - 1) + "missing") == []

    await database.write(work)


async def test_a_common_last_word_counts_as_finished_on_every_page(database: Database) -> None:
    def work(tx: Tx) -> None:
        for row in range(1, 200):
            search.index(tx, row, "kingfishers" if row % 2 else "kingfisher")
        whole = list(range(198, 0, -2))
        assert len(whole) > search.COMMON
        tx.finish()
        assert search.find(tx, "kingfisher", 30) == whole[:30]
        assert search.find(tx, "kingfisher", 30, older_than=whole[89]) == whole[90:]
        assert search.find(tx, "kingfishe", 4) == [199, 198, 197, 196]
        assert search.find(tx, "鳥") == []
        search.index(tx, 500, "鳥類")
        tx.finish()
        assert search.find(tx, "鳥") == [500]

    await database.write(work)
