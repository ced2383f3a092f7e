"""A text cut for the gateway is the text that was planned."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common import errors
from app.protocol import segments
from app.relay.texts import base
from tests.parts.examples import examples

CAROL, RELAY = "+12025550123", "+12025550100"


@settings(max_examples=examples(100))
@given(st.text(max_size=300) | st.text(st.sampled_from("ab€{ñ"), max_size=400), st.integers(0, 1000))
def test_segments_are_those_of_the_plan(text: str, reference: int) -> None:
    plan = segments.plan(text)
    cut = base.cut(base.Sms(RELAY, CAROL, text, b"r" * 16, 7), reference)
    assert tuple(segment.text for segment in cut) == plan.segments
    assert [segment.sequence for segment in cut] == [*range(1, len(cut) + 1)]
    assert {(segment.total, segment.valid_until, segment.encoding) for segment in cut} == {
        (len(plan.segments), 7, plan.encoding)
    }
    headers = [segment.header for segment in cut]
    if len(cut) == 1:
        assert headers == [b""]
    else:
        parts = [segments.concatenation(segments.split_header(header).elements) for header in headers]
        assert parts == [segments.part(8, reference % 256, len(cut), n) for n in range(1, len(cut) + 1)]


def test_words_and_pictures_do_not_show_in_logs() -> None:
    sms = base.Sms(RELAY, CAROL, "secret words", b"r" * 16)
    segment = base.cut(sms, 1)[0]
    mms = base.Mms(RELAY, CAROL, "secret words", (base.MmsPart("image/jpeg", octets=b"secret"),), b"r" * 16, "secret")
    incoming = base.Incoming("g", CAROL, RELAY, b"secret words", segments.Alphabet.GSM)
    assert "secret" not in repr((sms, segment, mms, incoming))


@pytest.mark.parametrize(
    ("error", "family", "code"),
    [
        (base.Refused(base.Reason.OPTED_OUT, "21610"), errors.GiveUp, "text_opted_out"),
        (base.Throttled(retry_after=2.0), errors.AgainLater, "text_throttled"),
        (base.NotSent(), errors.AgainLater, "text_not_sent"),
        (base.OutcomeUnknown(), errors.GiveUp, "text_outcome_unknown"),
    ],
)
def test_only_what_was_surely_not_taken_may_be_repeated(
    error: errors.KingfisherError, family: type[errors.KingfisherError], code: str
) -> None:
    assert isinstance(error, family)
    assert error.code == code


def test_final_states() -> None:
    assert {state for state in base.MessageState if not state.final} == {"enroute", "accepted", "unknown"}
