"""A gateway over Kannel's sendsms: texts out by HTTP, receipts and texts from phones by its calls back to the relay."""

import logging
import urllib.parse
from dataclasses import dataclass, field
from typing import Final

from app.common import clock, errors
from app.protocol import segments
from app.protocol.segments import Alphabet, Encoding
from app.relay.texts import asking, base, callbacks
from app.relay.texts.base import LinkState, MessageState, Reason
from app.relay.texts.callbacks import Call, Reply
from app.relay.texts.looking import Looking

ANSWER: Final = 4_096  # octets of its answers that are read
RECEIPT, INCOMING = "receipt", "incoming"  # what it calls for
_ALL_RECEIPTS: Final = "31"
_UCS_2: Final = 2  # of the field coding
_SHORT_CODE: Final = 6  # digits at most
_STATES: Final = {
    "1": MessageState.DELIVERED,
    "2": MessageState.UNDELIVERABLE,
    "4": MessageState.ENROUTE,
    "8": MessageState.ACCEPTED,
    "16": MessageState.REJECTED,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Config:
    """A Kannel as the operator describes it; ``callback`` is how it reaches this relay, without a path."""

    name: str
    url: str  # of sendsms
    username: str
    password: str = field(repr=False)
    sources: tuple[str, ...]  # our numbers there: E.164, short codes or names
    callback: str
    secret: str = field(repr=False)  # in the path of its calls
    bare_prefix: str = "+"  # stands before incoming numbers that are written without
    retry: tuple[float, float] = (0.25, 60.0)  # first and longest wait while it is away


class KannelGateway:
    """`base.Gateway` over HTTP. Kannel gives no id, so each text gets its ``client_ref``, which its receipts name."""

    def __init__(self, config: Config, time: clock.Clock) -> None:
        self._config = config
        self._clock = time
        self._link = Looking(config.name, config.retry, time)

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def secret(self) -> str:
        return self._config.secret

    @property
    def bound(self) -> bool:
        """Whether it was there, and let us in, when it was last asked."""
        return self._link.bound

    @property
    def capabilities(self) -> base.Capabilities:
        return base.Capabilities(sources=self._config.sources, splits=True)

    async def run(self, sink: base.Sink) -> None:
        await self._link.run(sink, self._look)

    async def _look(self) -> tuple[LinkState, str]:
        """Ask for nothing to be sent: it checks the password first, and then misses the receiver."""
        status, words = await self._post({}, b"")
        if status == 403:
            return LinkState.BIND_REFUSED, str(status)
        wanted = status == 400 and "receiver" in words
        return (LinkState.BOUND, "") if wanted else (LinkState.DOWN, f"HTTP {status}")

    async def submit(self, item: base.Segment | base.Sms | base.Mms) -> base.Submitted:
        if not isinstance(item, base.Sms):
            raise base.Refused(Reason.UNSUPPORTED, "whole texts only")
        now = self._clock.now()
        if item.valid_until and item.valid_until <= now:
            raise base.Refused(Reason.EXPIRED)
        plan = segments.plan(item.text)
        reference = item.client_ref.hex()
        coding = "2" if plan.encoding is Encoding.UCS_2 else "0"
        headers = {
            "X-Kannel-To": item.destination,
            "X-Kannel-From": item.source,
            "X-Kannel-Coding": coding,
            "X-Kannel-DLR-Mask": _ALL_RECEIPTS,
            "X-Kannel-DLR-URL": f"{self._callback(RECEIPT)}?id={reference}&type=%d",
        }
        if item.valid_until:
            headers["X-Kannel-Validity"] = str(max(1, (item.valid_until - now) // 60_000))
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise base.Refused(Reason.BAD_NUMBER)
        try:
            status, words = await self._post(headers, item.text.encode("utf-8", "replace"))
        except base.NotSent as error:
            await self._link.tell(LinkState.DOWN, error.detail)
            raise
        if status == 202:
            return base.Submitted(reference, len(plan.segments))
        if status == 403 and words.startswith("Authorization"):
            await self._link.tell(LinkState.BIND_REFUSED, str(status))
            raise base.NotSent("authorization")
        raise _failure(status, words)

    async def revoke(self, message_id: str, source: str, destination: str) -> bool:
        return False

    def _callback(self, what: str) -> str:
        return self._config.callback.rstrip("/") + callbacks.path(self.name, self._config.secret, what)

    async def _post(self, headers: dict[str, str], text: bytes) -> tuple[int, str]:
        """Status and words of the answer; base.NotSent when nothing was written, base.OutcomeUnknown."""
        config = self._config
        given = {
            "X-Kannel-Username": config.username,
            "X-Kannel-Password": config.password,
            "Content-Type": "text/plain; charset=UTF-8",
            **headers,
        }
        status, words = await asking.ask(self._link.session, "POST", config.url, headers=given, body=text, most=ANSWER)
        return status, words.decode("latin-1")

    async def called(self, call: Call) -> Reply:
        """A receipt or a text. Kannel repeats a call that was answered with 503 as often as it is told to."""
        sink = self._link.sink
        if sink is None:
            return Reply(503)
        fields = _fields(call.path)
        if call.what == RECEIPT:
            heard = self._receipt(fields)
            stored = heard is None or await sink.receipt(heard)
        elif call.what == INCOMING:
            stored = await sink.mobile_originated(self._incoming(fields))
        else:
            return Reply(404)
        return Reply(200) if stored else Reply(503)

    def _receipt(self, fields: dict[str, bytes]) -> base.Receipt | None:
        reference = fields.get("id", b"").decode("latin-1")
        state = _STATES.get(fields.get("type", b"").decode("latin-1"))
        if len(reference) != 32:
            raise errors.Malformed("bad_receipt")
        return None if state is None else base.Receipt(self.name, reference, state)

    def _incoming(self, fields: dict[str, bytes]) -> base.Incoming:
        source, destination = (fields.get(name, b"").decode("utf-8", "replace").strip() for name in ("from", "to"))
        coding = fields.get("coding", b"0")
        if not source or not destination or not coding.isdigit():
            raise errors.Malformed("bad_text")
        octets, part = fields.get("text", b""), None
        header = fields.get("udh", b"")
        if header:
            part = segments.concatenation(segments.split_header(header).elements)
        if int(coding[:3]) != _UCS_2:
            # Kannel has decoded it already and writes it as UTF-8; joined parts have to be of one alphabet.
            octets = octets.decode("utf-8", "replace").encode("utf-16-be")
        return base.Incoming(
            gateway=self.name,
            source=self._number(source),
            destination=self._own(self._number(destination)),
            octets=octets,
            alphabet=Alphabet.UCS_2,
            part=part,
            gateway_ref=fields.get("id", b"").decode("latin-1")[:64],
        )

    def _number(self, written: str) -> str:
        digits = written.removeprefix("+")
        if not (digits.isascii() and digits.isdecimal()):
            return written[:21]
        if written != digits or len(digits) <= _SHORT_CODE:
            return written[:21]
        return self._config.bare_prefix + digits[:20]

    def _own(self, number: str) -> str:
        """As the operator wrote it, where it is one of ours."""
        digits = number.removeprefix("+")
        return next((source for source in self._config.sources if source.removeprefix("+") == digits), number)


def _failure(status: int, words: str) -> errors.KingfisherError:
    """What an answer other than 202 means; the words are Kannel's own (gw/smsbox.c). Only 4xx says it was not taken."""
    if status == 503 and "emporal" in words:  # the bearerbox has not taken it
        return base.Throttled(f"HTTP {status}", retry_after=asking.RETRY)
    if not 400 <= status < 500 or status == 408:
        return base.OutcomeUnknown(f"HTTP {status}")
    if "denied" in words:
        return base.Refused(Reason.BAD_NUMBER, f"HTTP {status}")
    return base.Refused(Reason.REFUSED, f"HTTP {status}")


def _fields(path: str) -> dict[str, bytes]:
    """The query of a call; values are octets, for a text may be in any coding."""
    found: dict[str, bytes] = {}
    for pair in path.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        found.setdefault(name, urllib.parse.unquote_to_bytes(value.replace("+", " ")))
    return found
