"""The rules of texts that need no relay: numbers, caps, keywords, and what answers and receipts add up to."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import segments
from app.protocol.segments import Alphabet
from app.relay import server
from app.relay.store.sqlite import engine
from app.relay.store.texts import Counts, Handed, Item, Text
from app.relay.texts import admitting, base, caps, matching, numbers, optout, sending
from app.relay.texts.base import MessageState, Reason
from app.relay.texts.caps import Rules
from app.relay.texts.matching import State
from app.relay.texts.routes import Route
from tests.parts.examples import examples
from tests.parts.texting import Network

NOW = 1_800_000_000_000


# numbers


@pytest.mark.parametrize("number", ["+12025550123", "+15550100199", "+447700900123", "+18005550123", "+16135550123"])
def test_numbers_that_may_be_sent_to(number: str) -> None:
    """Also those no table knows yet: 555-01xx and the like are possible and not assigned."""
    numbers.check(number, {"US", "GB", "CA"}, ())


@pytest.mark.parametrize(
    "number",
    [
        "+1911",
        "+19005550123",  # premium
        "+491805123456",  # shared cost
        "+448451234567",  # shared cost
        "+443001234567",  # of an organisation, not of a subscriber
        "+12025550123456",
        "12025550123",
        "+1 202 555 0123",
        "+1202555CALL",
        "+１２０２５５５０１２３",
        "+12025550123;ext=5",
        "911",
        "112",
        "",
        "BANK",
    ],
)
def test_numbers_that_may_not(number: str) -> None:
    with pytest.raises(base.Refused) as refused:
        numbers.check(number, {"US", "DE", "GB"}, ())
    assert refused.value.reason is Reason.BAD_NUMBER


@pytest.mark.parametrize("number", ["+18765550123", "+447700900123", "+16135550123", "+12025550123"])
def test_only_where_the_operator_sends_to(number: str) -> None:
    with pytest.raises(base.Refused) as refused:
        numbers.check(number, {"DE"}, ())
    assert refused.value.reason is Reason.REGION_OFF
    numbers.check(number, {numbers.region_of(number)}, ())


def test_prefixes_can_be_closed() -> None:
    numbers.check("+12025550123", {"US"}, ("+1202556",))
    with pytest.raises(base.Refused, match="text_region_off"):
        numbers.check("+12025550123", {"US"}, ("+1202556", "+1202555"))
    assert numbers.prefix_of("+12025550123") == "+1202555"
    assert numbers.region_of("BANK") == ""


# caps

FREE = Counts(0, 0, 0, 0, 0, 0)
RULES = Rules(
    texts_a_minute=5, texts_a_day=10, new_numbers_a_day=2, to_one_number=3, texts_to_prefix_a_day=4,
    mms_a_day=2, mms_waiting=10,
)  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        (FREE._replace(minute=4), "texts_a_minute"),
        (FREE._replace(day=9), "texts_a_day"),
        (FREE._replace(new_numbers=2), "new_numbers_a_day"),
        (FREE._replace(to_number=3), "to_one_number"),
        (FREE._replace(last=NOW - 1_999), "to_one_number"),
        (FREE._replace(to_prefix=4), "texts_to_prefix_a_day"),
        (FREE._replace(mms=2), "mms_a_day"),
        (FREE._replace(mms_waiting=9), "mms_waiting"),
    ],
)
def test_each_limit_is_named_and_one_less_passes(counts: Counts, limit: str) -> None:
    with pytest.raises(errors.AgainLater) as refused:
        caps.check(RULES, counts, 2, new=True, now=NOW, mms_octets=2)
    assert (refused.value.code, refused.value.detail) == ("rate_limited", limit)
    assert refused.value.retry_after
    less = Counts(*(max(0, count - 1) for count in counts))
    caps.check(RULES, less, 2, new=True, now=NOW, mms_octets=2)


def test_a_number_that_is_known_is_not_new() -> None:
    caps.check(RULES, FREE._replace(new_numbers=2), 1, new=False, now=NOW)


def test_the_limits_of_pictures_are_none_of_words() -> None:
    caps.check(RULES, FREE._replace(mms=2, mms_waiting=99), 1, new=True, now=NOW)


def test_money_is_a_hard_limit() -> None:
    rules = Rules(texts_money_a_day=100, text_price=10)
    caps.check_money(rules, 90, 10)
    with pytest.raises(errors.AgainLater, match="texts_money_a_day"):
        caps.check_money(rules, 90, 11)


def test_the_settings_are_read_and_wrong_ones_named() -> None:
    table = {"texts_a_day": 7, "regions": ["US"], "stop_answer": "Gone.", "texts_currency": "GBP"}
    wanted = replace(Rules(), texts_a_day=7, regions=("US",), stop_answer="Gone.", texts_currency="GBP")
    assert Rules.read(table) == wanted
    for wrong in (
        {"texts_a_day": "7"},
        {"texts_a_day": -1},
        {"texts_a_day": True},
        {"texts_a_day": 2**50},
        {"regions": "US"},
        {"regions": [1]},
        {"stop_answer": 1},
        {"stop_answer": "x" * 2_000},
        {"texts_currency": "usd"},
        {"texts_currency": "US"},
        {"nothing": 1},
    ):
        with pytest.raises(errors.GiveUp) as refused:
            Rules.read(wrong)
        assert refused.value.detail == f"texts.{next(iter(wrong))}"


# the count

LETTERS = st.text(st.sampled_from("aéя€^{😀\n"), min_size=1, max_size=400)


@settings(max_examples=examples(150), deadline=None)
@given(LETTERS, st.sampled_from([Alphabet.GSM, Alphabet.LATIN_1]), st.booleans())
def test_what_is_billed_is_what_the_same_function_shows(text: str, alphabet: Alphabet, splits: bool) -> None:
    network = Network(alphabet=alphabet, splits=splits)
    shown = segments.plan(text, alphabet)
    draft = Text(b"a" * 32, 1, b"s" * 16, "", "+12025550123", "", "", 0, 0, NOW, NOW, segments.cleaned(text))
    route = Route(network, "+12025550100")
    if not shown.fits:
        with pytest.raises(base.Refused, match="text_too_large"):
            admitting.by(route, draft)
        return
    row = replace(admitting.by(route, draft), reference=9)
    assert row.segments == len(shown.segments)
    assert row.items == (1 if splits else row.segments)
    items = [sending.item_of(row, at, splits=splits) for at in range(1, row.items + 1)]
    assert "".join(item.text for item in items) == segments.cleaned(text)


# keywords


@pytest.mark.parametrize(
    ("words", "keyword"),
    [
        ("STOP| Stop \n|StopAll|UNSUBSCRIBE|cancel|End|quit|OPTOUT|Revoke|ARRET", optout.Keyword.STOP),
        ("START|unstop|Yes ", optout.Keyword.START),
        ("Help|INFO", optout.Keyword.HELP),
    ],
)
def test_words_that_mean_something(words: str, keyword: optout.Keyword) -> None:
    assert {optout.read(word) for word in words.split("|")} == {keyword}


@pytest.mark.parametrize("text", ["", "please stop by", "stop.", "stop stop", "st op", "no", "helpful", "ﬆop it"])
def test_words_that_are_words(text: str) -> None:
    assert optout.read(text) is None


# what it adds up to

ITEMS = st.builds(
    Item,
    st.just(1),
    st.sampled_from(Handed),
    st.just("m"),
    st.integers(0, 3),
    st.integers(-1, 100),
    st.sampled_from(["", "EUR", "USD"]),
    st.sampled_from(["", "text_refused"]),
    st.sampled_from(["", *(state.value for state in MessageState)]),
).map(lambda item: replace(item, final=bool(item.receipt) and MessageState(item.receipt).final))


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(ITEMS, min_size=1, max_size=5))
def test_states_of_a_text(items: list[Item]) -> None:
    found = matching.outcome(items)
    handed = {item.handed for item in items}
    if handed & {Handed.WAITING, Handed.HANDING}:
        assert found is None
        return
    assert found is not None
    taken = [item for item in items if item.handed is Handed.TAKEN]
    delivered = [item for item in taken if item.receipt == "delivered"]
    assert (found.state is State.UNKNOWN) == (Handed.UNKNOWN in handed)
    assert (found.state is State.DELIVERED) == (len(delivered) == len(items))
    whole = len(taken) == len(items)
    lost = any(item.final and item.receipt != "delivered" for item in taken)
    known = Handed.UNKNOWN not in handed
    assert (found.state is State.PARTLY) == (known and bool(taken) and not whole)
    assert (found.state is State.FAILED) == (known and (not taken or (whole and lost)))
    assert (found.state is State.SENT) == (whole and not lost and len(delivered) < len(items)), "no receipt is no news"
    assert found.segments == sum(item.billed for item in taken), "charged for those taken, and no others"
    assert found.price in (-1, sum(item.price for item in taken)), "all prices or none"
    assert found.price == -1 or len({item.currency for item in taken}) == 1


def test_prices_in_two_currencies_have_no_sum() -> None:
    items = [Item(1, Handed.TAKEN, "a", 1, 5, "EUR"), Item(2, Handed.TAKEN, "b", 1, 5, "USD")]
    found = matching.outcome(items)
    assert found is not None and (found.price, found.currency) == (-1, "")


def test_reports_differ_by_what_they_say() -> None:
    text = Text(b"a" * 32, 1, b"s" * 16, "", "", "", "", 1, 1, 0, 0, "")
    sent = matching.Outcome(State.SENT, "", 1, -1, "")
    ids = {
        matching.report_id(text, sent),
        matching.report_id(text, replace(sent, state=State.DELIVERED)),
        matching.report_id(text, replace(sent, price=1)),
        matching.report_id(replace(text, device=2), sent),
        matching.report_id(replace(text, submit=b"t" * 16), sent),
    }
    assert len(ids) == 5
    assert matching.report_id(text, sent) == matching.report_id(replace(text, text="other", reported=b"x"), sent)


# the owner's view


def test_the_owner_sees_queue_and_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def fill() -> None:
        store = engine.open_store(tmp_path, lambda _: None)
        text = Text(b"a" * 32, 1, b"s" * 16, "+12025550100", "+12025550123", "north", "gsm", 2, 2, NOW, NOW, "secret")
        await store.texts.out.add(text)
        store.texts.numbers.note_link("north", "bind_refused", "0x0000000e", NOW)
        await store.lifetime.close(None)

    asyncio.run(fill())
    assert server.main(["texts", "--data", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "running": False,
        "links": [{"gateway": "north", "state": "down", "detail": "0x0000000e", "since": NOW}],
        "waiting": 2,
        "oldest": NOW,
        "handing": 0,
        "unknown": 0,
        "receipts": 0,
        "incoming": 0,
    }
    assert "secret" not in out and "2025550123" not in out
