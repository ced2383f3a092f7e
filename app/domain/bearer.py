"""Rich or text: the one decision which way a message goes, with its reason and its cost."""

from enum import StrEnum
from typing import ClassVar

import msgspec

from app.domain.conversation import Policy
from app.domain.delivery import Reason


class Bearer(StrEnum):
    """How a message travels. NONE: it fails with the reason; UNDECIDED: it waits."""

    RICH = "rich"
    TEXT = "text"
    NONE = "none"
    UNDECIDED = "undecided"


class Capability(StrEnum):
    """What the directory says of the recipient.

    NOT_RICH of a contact once seen rich needs a signed *off*; an unsigned answer is UNCONFIRMED. UNKNOWN: nobody
    answered. MOVED: their address is another account's by now.
    """

    RICH = "rich"
    NOT_RICH = "not_rich"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN = "unknown"
    MOVED = "moved"


class Wish(StrEnum):
    """What the user wants for one message: the rules' choice, encrypted or not at all, or a text.

    ASK is the rules' choice of somebody who was not told that it would be a text, or not at what cost.
    """

    AUTO = "auto"
    ASK = "ask"
    RICH = "rich"
    TEXT = "text"


class Texts(StrEnum):
    """Whether the user wants texts where nothing goes encrypted: each after a yes, those in the plan at once, or none.

    None of them is a yes to sending what was encrypted before, or what costs something.
    """

    ASK = "ask"
    AUTOMATIC = "automatic"
    NEVER = "never"


class Why(StrEnum):
    """Why a bearer was chosen, beside the reasons of failure."""

    RICH = "rich"
    TEXT_AGREED = "text_agreed"
    NEVER_RICH = "never_rich"
    DIRECTORY_SILENT = "directory_silent"
    UNCONFIRMED = "unconfirmed"


class TextRoute(msgspec.Struct, frozen=True):
    """A way to send this content as text: segments, and the price in minor units of a currency (0: in the plan).

    ``left`` is what the plan holds afterwards (None: it has no allowance) and ``plan_left`` False when this does not
    fit into it. ``asks``: that price needs a yes; ``stopped``: the plan forbids it. ``fits`` False: it is too long, or
    an ``mms`` that this way does not carry. ``unpriced``: it costs something, and nobody has said how much.
    """

    segments: int
    price: int = 0
    currency: str = ""
    plan_left: bool = True
    asks: bool = True
    stopped: bool = False
    fits: bool = True
    left: int | None = None
    mms: bool = False
    unpriced: bool = False

    @property
    def costs(self) -> bool:
        return self.unpriced or self.price > 0


class Rules(msgspec.Struct, frozen=True):
    """What the user decided: the rich switch, texts at all, the conversation's policy, its past, a yes for this one.

    ``only_phones``: what is to be sent has no encrypted form yet.
    """

    rich_on: bool = True
    policy: Policy = Policy.AUTOMATIC
    ever_rich: bool = False
    yes: bool = False
    wish: Wish = Wish.AUTO
    texts: Texts = Texts.AUTOMATIC
    only_phones: bool = False

    @property
    def only_encrypted(self) -> bool:
        return self.wanted_encrypted or self.texts is Texts.NEVER

    @property
    def wanted_encrypted(self) -> bool:
        """This message, or this conversation, whatever holds for all the others."""
        return self.policy is Policy.ONLY_ENCRYPTED or self.wish is Wish.RICH


class Agreement(msgspec.Struct, frozen=True):
    """The user's yes: to one message as text, in at most so many segments, for at most that price (minor units).

    A price of `UNSAID` is a yes to a text of which it was said that nobody knows its price; no other is one to that.
    """

    UNSAID: ClassVar[int] = -1

    segments: int
    price: int = 0

    @classmethod
    def to(cls, route: TextRoute) -> "Agreement":
        """As it was shown."""
        return cls(route.segments, cls.UNSAID if route.unpriced else route.price)

    def covers(self, route: TextRoute | None) -> bool:
        if route is None:
            return True
        if route.unpriced and self.price != self.UNSAID:
            return False
        return route.segments <= self.segments and route.price <= max(self.price, 0)


class Choice(msgspec.Struct, frozen=True):
    """A bearer, why it was chosen, and what it costs when it is text."""

    bearer: Bearer
    why: Why | Reason
    route: TextRoute | None = None


def choose(capability: Capability, rules: Rules, route: TextRoute | None = None) -> Choice:
    """Decide. ``route`` is None where no text can be sent: an e-mail address, no gateway, no proved own number.

    Unknown is never green: the message waits, unless the user wants this very one as text. An encrypted conversation
    never turns to text without a recorded yes, and one kept to *only encrypted* never does. Where another account has
    the address by now, nothing is sent at all: it may be another person.
    """
    if capability is Capability.MOVED:
        return Choice(Bearer.NONE, Reason.OTHER_ACCOUNT)
    wants_text = rules.wish is Wish.TEXT and rules.yes and route is not None and not rules.only_encrypted
    if rules.rich_on and not wants_text:
        if capability is Capability.RICH and rules.wish is not Wish.TEXT:
            return Choice(Bearer.NONE, Reason.PICTURE_ENCRYPTED) if rules.only_phones else Choice(Bearer.RICH, Why.RICH)
        if capability is Capability.UNKNOWN and rules.wish is not Wish.TEXT:
            return Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT)
        if capability is Capability.UNCONFIRMED and (not rules.yes or route is None or rules.only_encrypted):
            return Choice(Bearer.UNDECIDED, Why.UNCONFIRMED)
    if route is None or rules.only_encrypted:
        return Choice(Bearer.NONE, _no_way(rules, route))
    return _text(capability, rules, route)


def _text(capability: Capability, rules: Rules, route: TextRoute) -> Choice:
    if not route.fits:
        return Choice(Bearer.NONE, Reason.NO_PICTURE_MESSAGE if route.mms else Reason.TOO_LARGE, route)
    if route.stopped or (not route.plan_left and route.asks and not rules.yes):
        return Choice(Bearer.NONE, Reason.PLAN_USED_UP, route)
    agreed = rules.yes or (rules.policy is Policy.ALWAYS_TEXT and rules.wish is not Wish.TEXT)
    # Somebody who might be reached encrypted is written to in the clear only after a yes, whatever was before.
    encrypted = rules.ever_rich or (rules.rich_on and capability is not Capability.NOT_RICH)
    asked = rules.wish is Wish.ASK or rules.texts is Texts.ASK
    if (encrypted or asked or (route.costs and route.asks)) and not agreed:
        return Choice(Bearer.NONE, Reason.NEEDS_CONSENT, route)
    return Choice(Bearer.TEXT, Why.TEXT_AGREED if agreed else Why.NEVER_RICH, route)


def _no_way(rules: Rules, route: TextRoute | None) -> Reason:
    if route is not None and not rules.wanted_encrypted:
        return Reason.TEXTS_OFF
    if not rules.rich_on:
        return Reason.RICH_OFF
    return Reason.NO_LONGER_RICH if rules.ever_rich else Reason.NOT_ON_KINGFISHER
