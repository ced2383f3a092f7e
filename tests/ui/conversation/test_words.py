"""Foreign words on their way to the screen: what is kept, what is cut, links and emoji."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QUrl

from app.ui.content import clean, links
from tests.parts.examples import examples


@pytest.mark.parametrize("words", ["Hello, World!", "Grüße – “naïve”", "שלום עולם", "مرحبا", "नमस्ते", "👨‍👩‍👧", "a̐é"])
def test_ordinary_words_stay_as_they_are(words: str) -> None:
    assert clean.clean(words) == clean.Clean(words)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("safe\u202etxt.exe", "safetxt.exe"),
        ("\u2067\u2066a\u2069", "a"),
        ("a\nb\r\nc", f"a{clean.LINE}b{clean.LINE}c"),
        ("a\tb\x00c\x1b", "a bc"),
        ("e" + "\u0301" * 10_000 + "!", "e" + "\u0301" * clean.RUN + "!"),
        ("a" + "\u200b" * 15_000, "a" + "\u200b" * clean.RUN),
        ("a" + "\n" * 9 + "b", "a" + clean.LINE * clean.BLANK_LINES + "b"),
        ("end\n\n", "end"),
    ],
)
def test_tricks_and_floods_are_cut(text: str, shown: str) -> None:
    assert clean.clean(text).words == shown


def test_a_long_message_is_shown_in_steps() -> None:
    text = "word " * 5_000
    sizes = [len(clean.clean(text, looks).words) for looks in range(5)]
    assert sizes[0] <= clean.FIRST_LOOK and sizes == sorted(set(sizes))
    assert clean.clean(text).rest
    assert not clean.clean(text, 4).rest
    assert clean.clean(text, 4).words == text.rstrip()
    assert clean.clean("x\u200b" * 200_000).rest


def test_many_lines_are_shown_in_steps_too() -> None:
    found = clean.clean("x\n" * 500)
    assert found.rest and found.words.count(clean.LINE) < clean.FIRST_LINES


@given(st.text(max_size=300), st.integers(0, 2))
@settings(deadline=None, max_examples=examples(80))
def test_nothing_gets_through_that_changes_the_order_or_ends_a_paragraph(text: str, looks: int) -> None:
    found = clean.clean(text, looks)
    assert not set(found.words) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\n\r\u2029\x00")
    assert [found.place(at) for at in range(len(text))] == sorted(found.place(at) for at in range(len(text)))
    assert all(found.place(at) <= len(found.words) for at in range(len(text) + 1))


@pytest.mark.parametrize("words", ["👍", "👍🏽👍", "👨‍👩‍👧‍👦", "🇩🇪 🇫🇷", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "✅⭐☕"])
def test_emoji_alone(words: str) -> None:
    assert 1 <= clean.emoji_alone(words) <= 3


@pytest.mark.parametrize("words", ["", "a", "👍👍👍👍", "ok 👍", "©", "1", "❤", "→", "👍" * 99])
def test_not_emoji_alone(words: str) -> None:
    assert clean.emoji_alone(words) == 0


@pytest.mark.parametrize(
    ("words", "right"), [("abc", False), ("12 שלום", True), ("…مرحبا abc", True), ("abc שלום", False), ("12", False)]
)
def test_the_first_letter_decides_the_direction(words: str, right: bool) -> None:
    assert clean.runs_right_to_left(words) is right


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://example.com/a?b=c.", ["https://example.com/a?b=c"]),
        ("(https://example.com/x_(y))", ["https://example.com/x_(y)"]),
        ("www.example.com, mailto:bob@example.com", ["https://www.example.com", "mailto:bob@example.com"]),
        ("javascript:alert(1) file:///etc/passwd ftp://example.com data:text/html,x", []),
        ("https:// http://[::1 mailto:x https://example.com\\.example.org/", []),
        ("mailto:bob@example.com,carol@example.org mailto:bob%40example.com,carol@example.org", []),
        ("https://" + "a" * 9 + ")" * 5_000, ["https://" + "a" * 9]),
    ],
)
def test_links_are_what_is_written_out(text: str, urls: list[str]) -> None:
    assert [link.url for link in links.find(text)] == urls
    assert all(link.url.endswith(text[link.start : link.end]) for link in links.find(text))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/path", "example.com"),
        ("https://example.com@bank.example/", "bank.example"),
        ("https://ех\u0430mple.com/", "ех\u0430mple.com".encode("idna").decode()),
        ("mailto:bob@example.com?subject=x", "example.com"),
        ("mailto:bob@ex\u0430mple.com", "ex\u0430mple.com".encode("idna").decode()),
        ("https://exam\u00adple.com/", "example.com"),
        ("https://ｅxample。com/", "example.com"),
        ("https://%65xample.com/", "example.com"),
        ("https://0x7f.1/", "127.0.0.1"),
        ("http://[bad", ""),
    ],
)
def test_a_link_says_whose_it_is_in_plain_letters(url: str, host: str) -> None:
    assert links.plain_host(url) == host


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://b\u0430nk.example/", "b\u0430nk.example".encode("idna").decode()),
        ("https://example.com@evil.example/", "evil.example"),
        ("https://bank.example@bank.exam/", "bank.exam"),  # it begins as the host it leads to does
        ("https://example.com:443@evil.example/", "evil.example"),
        ("https://example.com%2f@evil.example/", "evil.example"),
        ("https://example.com\\@evil.example/", "evil.example"),
        ("https://%65vil.example/", "evil.example"),
        ("https://0x7f.1/", "127.0.0.1"),
        ("https://evil.example/\u05d0/moc.elpmaxe", "evil.example"),
    ],
)
def test_a_lying_link_is_told_apart(url: str, host: str) -> None:
    assert links.destination(url).split("\n") == [host, url]
    assert QUrl(url).host(QUrl.ComponentFormattingOption.FullyEncoded) == host


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a",
        "HTTPS://Example.com",
        "http://example.com:8080?a@b",
        "https://example.com#@evil.example",
        "mailto:bob@example.com?subject=x",
    ],
)
def test_an_honest_link_is_shown_as_it_is(url: str) -> None:
    assert links.destination(url) == url
