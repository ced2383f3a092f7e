"""The list of emoji, and how one of them is found."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common.ids import AccountId, MessageId
from app.content.annotations import Reaction
from app.content.base import Limits, Reference
from app.ui.composer import emoji

TARGET = Reference(b"w" * 32, AccountId(b"a" * 32), MessageId(b"m" * 16))


def every() -> list[emoji.Emoji]:
    return [each for category in emoji.categories() for each in category.emoji]


def test_each_is_there_once_and_has_a_name() -> None:
    texts = [each.text for each in every()]
    assert len(texts) == len(set(texts)) > 1_000
    assert all(each.name.strip() for each in every())
    assert all(category.title and category.face for category in emoji.categories())


def test_each_may_be_a_reaction_in_every_tone() -> None:
    for each in every():
        for tone in emoji.TONES:
            assert Reaction(TARGET, each.in_tone(tone)).problems(Limits()) == ()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("red heart", "❤️"),
        ("HEART EYES", "😍"),
        ("thumbs up", "👍"),
        ("coffee", "☕"),
        ("germany", "🇩🇪"),
        ("kingfisher", "🐦"),
        ("polar bear", "🐻‍❄️"),
        ("grin fac", "😀"),
    ],
)
def test_found_by_what_it_is_called(words: str, wanted: str) -> None:
    assert wanted in [each.text for each in emoji.search(words)]


@pytest.mark.parametrize("words", ["", "   ", "xyzzy", "art heart xyzzy"])
def test_nothing_is_found_for_nothing(words: str) -> None:
    assert emoji.search(words) == ()


def test_tones_belong_to_hands_and_people() -> None:
    hand = next(each for each in every() if each.text == "✌️")
    assert hand.in_tone(emoji.TONES[5]) == "✌🏿"
    assert hand.in_tone("") == "✌️"
    plain = next(each for each in every() if each.text == "🐦")
    assert plain.in_tone(emoji.TONES[5]) == "🐦"
    toned = [each for each in every() if each.toned]
    assert len(toned) > 100
    assert all(unicodedata.category(each.text[0]) == "So" for each in toned)


def test_what_was_used_of_late_comes_once_and_newest_first() -> None:
    used = emoji.used_in(["no emoji", "👍🏽 and ❤️‍🔥", "😄 😄 👍", "1 2 3 #"], most=3)
    assert [each.text for each in used] == ["👍", "❤️‍🔥", "😄"]


@given(st.text(max_size=80))
def test_any_text_may_be_looked_through(text: str) -> None:
    assert all(each in every() for each in emoji.used_in([text]))
