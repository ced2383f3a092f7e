"""What a message takes as a text, where that is not for the stories to say."""

import pytest

from app.client import by_text
from app.content.base import Piece
from app.domain.bearer import TextRoute
from app.domain.plan import Kind, Plan, UsedUp
from app.protocol import frames, segments

TERMS = frames.TextTerms(True, mms_octets=100_000, mms_types=("image/jpeg",))
LONG = "я" * 1_600


@pytest.mark.parametrize(
    ("plan", "price", "unpriced"),
    [
        (Plan(), 0, False),
        (Plan(Kind.LIMITED, 100, when_used_up=UsedUp.PAY, price=12, currency="GBP"), 0, False),
        (Plan(Kind.PAY, price=12, currency="GBP"), 0, True),
        (Plan(Kind.PAY, price=12, mms_price=40, currency="GBP"), 40, False),
    ],
)
def test_an_mms_without_a_price_is_free_only_where_texts_are(plan: Plan, price: int, unpriced: bool) -> None:
    def told(route: TextRoute) -> tuple[bool, int, bool]:
        return route.mms, route.price, route.unpriced

    assert told(by_text.words(TERMS, LONG, segments.plan(LONG), plan, 0)) == (True, price, unpriced)
    assert told(by_text.picture(TERMS, Piece("image/jpeg", 9, "a.jpg", ""), plan, 0)) == (True, price, unpriced)
