"""Whether a text may leave: everything that is looked at before it becomes a row, and what the refusal is called."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.common import errors
from app.protocol import frames, limits, segments, text_frames, texts
from app.protocol.segments import Alphabet
from app.relay.store.texts import Piece, Text, TextStore
from app.relay.texts import base, caps, numbers
from app.relay.texts.base import Kind, Reason
from app.relay.texts.routes import Route, Routes

LONGEST: Final = 3 * limits.DAY  # how long a text may wait for its gateway
NO_GATEWAY: Final = "no_gateway"
COSTS_MORE: Final = "text_costs_more"


@dataclass(frozen=True, slots=True)
class Admission:
    """The rules, applied to what the store knows."""

    rules: caps.Rules
    routes: Routes
    store: TextStore

    def admit(self, account: bytes, device: int, own: list[str], frame: frames.SubmitText, now: int) -> Text:
        """The row that would be kept.

        Broken ``malformed`` for nothing at all; GiveUp ``no_gateway``, ``text_not_proved``, ``text_costs_more`` and the
        codes of base.Reason; AgainLater ``rate_limited`` with the limit's name.
        """
        if not (frame.text or frame.media) or not all(piece.octets for piece in frame.media):
            raise errors.Broken("malformed")
        if not self.routes:
            raise errors.GiveUp(NO_GATEWAY)
        if not own:
            raise errors.GiveUp("text_not_proved")
        text = self.draft(account, device, own, frame, now)
        if self.store.numbers.blocked(text.destination):
            raise base.Refused(Reason.OPTED_OUT)
        if text.segments > frame.segments:
            raise errors.GiveUp(COSTS_MORE)
        self._check_caps(text, frame.media, now)
        return text

    def draft(self, account: bytes, device: int, own: list[str], frame: frames.SubmitText, now: int) -> Text:
        """The row as far as the number allows it: also for what the relay itself has to say."""
        self.check_number(frame.destination)
        kind = Kind.MMS if frame.media or frame.mms else Kind.SMS
        route = self.routes.choose(account, own, frame.destination, kind)
        if route is None:
            raise _no_route(kind)
        until = min(frame.valid_until, now + LONGEST)
        if until <= now:
            raise base.Refused(Reason.EXPIRED)
        words = segments.cleaned(frame.text)
        text = Text(account, device, frame.submit, "", frame.destination, "", "", 0, 0, now, until, words)
        return by(route, text, frame.media, kind)

    def move(self, text: Text, own: list[str]) -> Text:
        """The same text by another gateway, none of it having left; GiveUp as ``admit``."""
        kind = Kind.MMS if text.mms else Kind.SMS
        route = self.routes.choose(text.account, own, text.destination, kind)
        if route is None:
            raise _no_route(kind)
        moved = by(route, text, self.store.media.pieces(text.number), kind)
        if text.account and moved.segments > text.segments:
            raise errors.GiveUp(COSTS_MORE)
        return moved

    def _check_caps(self, text: Text, media: Sequence[texts.Media], now: int) -> None:
        out = self.store.out
        counts = out.counts(text.account, text.destination, numbers.prefix_of(text.destination), now)
        new = not self.store.numbers.source_of(text.account, text.destination)
        octets = max(1, sum(len(piece.octets) for piece in media)) if text.mms else 0
        caps.check(self.rules, counts, text.segments, new=new, now=now, mms_octets=octets)
        self.check_money(text, now)

    def check_number(self, number: str) -> None:
        """Refused as `numbers.check`."""
        numbers.check(number, self.rules.regions or self.routes.regions, self.rules.closed_prefixes)

    def check_money(self, text: Text, now: int) -> None:
        """AgainLater ``rate_limited`` (``texts_money_a_day``), for everybody together."""
        rules = self.rules
        spent = self.store.out.spent(now - limits.DAY, rules.text_price, rules.mms_price, rules.texts_currency)
        caps.check_money(rules, spent, rules.mms_price if text.mms else text.segments * rules.text_price)


def by(route: Route, text: Text, media: Sequence[texts.Media | Piece] = (), kind: Kind = Kind.SMS) -> Text:
    """The same text by this route, cut as the gateway wants it; base.Refused text_too_large, text_unsupported.

    As an MMS it is one, whatever it says.
    """
    able = route.gateway.capabilities
    if kind is Kind.MMS:
        _check_mms(able, text.text, media)
        count = 1
    else:
        count = len(segments.plan(text.text, able.alphabet).segments)
    if count > min(able.most_segments, segments.MOST_SENT):
        raise base.Refused(Reason.TOO_LARGE)
    return replace(
        text,
        source=route.source,
        gateway=route.gateway.name,
        alphabet=able.alphabet.value,
        segments=count,
        items=1 if able.splits else count,
        mms=max(1, len(media)) if kind is Kind.MMS else 0,
    )


def _check_mms(able: base.Capabilities, words: str, media: Sequence[texts.Media | Piece]) -> None:
    if Kind.MMS not in able.kinds or not all(piece.content_type in able.mms_types for piece in media):
        raise base.Refused(Reason.UNSUPPORTED)
    if text_frames.mms_octets(words, [piece.octets for piece in media]) > min(able.mms_octets, limits.MMS):
        raise base.Refused(Reason.TOO_LARGE)


def _no_route(kind: Kind) -> errors.GiveUp:
    return base.Refused(Reason.UNSUPPORTED) if kind is Kind.MMS else errors.GiveUp(NO_GATEWAY)


def word_of(alphabet: Alphabet) -> str:
    """As TextTerms calls it."""
    return alphabet.name.lower()
