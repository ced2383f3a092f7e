"""What a message takes as a text: segments, its part of the plan, its price, and how it could take fewer.

Only where texts leave at all; while the gateway is down they wait at the relay.
"""

from app.content import base
from app.domain import plan as plans
from app.domain.bearer import TextRoute
from app.protocol import frames, limits, segments


def words(terms: frames.TextTerms, text: str, cut: segments.Plan, agreed: plans.Plan, used: int) -> TextRoute:
    """Of words and their segments, after ``used`` segments of this period; one MMS where they are too long for a text.

    That is where the relay says that MMS leave from it, and the words fit into one.
    """
    count = len(cut.segments)
    fits = count <= min(segments.MOST_SENT, terms.most_segments or segments.MOST_SENT)
    if not fits and len(text) <= limits.TEXT and _octets(text) <= terms.mms_octets:
        cost = plans.charge_mms(agreed, used)
        return TextRoute(
            1, cost.price, agreed.currency, asks=cost.asks, left=cost.left, mms=True, unpriced=_unsaid(agreed)
        )
    cost = plans.charge(agreed, used, count)
    return TextRoute(
        count,
        cost.price,
        agreed.currency,
        plan_left=not cost.over or agreed.kind is plans.Kind.PAY,
        asks=cost.asks,
        stopped=cost.stopped,
        fits=fits,
        left=cost.left,
        unpriced=cost.over > 0 and not cost.price,
    )


def picture(terms: frames.TextTerms, piece: base.Piece, agreed: plans.Plan, used: int) -> TextRoute:
    """Of a picture with its words, as one MMS; while the gateway is down nobody knows whether it takes one."""
    cost = plans.charge_mms(agreed, used)
    size = _octets(piece.words) + piece.octets
    fits = size <= terms.mms_octets and piece.content_type in terms.mms_types
    return TextRoute(
        1, cost.price, agreed.currency, asks=cost.asks, fits=fits, left=cost.left, mms=True, unpriced=_unsaid(agreed)
    )


def _unsaid(agreed: plans.Plan) -> bool:
    """Whether an MMS costs something that nobody has said: where each text is paid for, it is not free."""
    return agreed.kind is plans.Kind.PAY and not agreed.mms_price


def _octets(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def plain(text: str) -> str:
    """The same with characters of which more fit into a text; the user is asked first, always."""
    return segments.substitutes(text)


def fewer(text: str, cut: segments.Plan, alphabet: segments.Alphabet) -> int:
    """How many segments it would take so, where those are fewer; else 0."""
    count = len(segments.plan(plain(text), alphabet).segments)
    return count if count < len(cut.segments) else 0
