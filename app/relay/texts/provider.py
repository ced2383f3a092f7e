"""A gateway over a provider's REST interface in the shape of Twilio's messages, and its signed webhooks."""

import base64
import json
import urllib.parse
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from app.common import clock, errors
from app.protocol import segments
from app.relay.texts import asking, base, callbacks, fetching, webhooks
from app.relay.texts.base import Kind, LinkState, Reason
from app.relay.texts.callbacks import Call, Reply
from app.relay.texts.looking import Looking

MESSAGES: Final = "/Messages.json"  # how the address for texts ends; the account itself is beside it
STATUS, INCOMING = "status", "incoming"  # what it calls for
ANSWER: Final = 65_536  # octets of its answers that are read
LONGEST: Final = 36_000  # seconds it keeps a text for at most
IDEMPOTENCY: Final = "Idempotency-Key"
MMS_TYPES: Final = (
    "image/jpeg", "image/png", "image/gif", "audio/amr", "audio/mpeg", "audio/mp4", "video/3gpp", "video/mp4",
    "text/vcard", "text/x-vcard", "text/calendar", "application/pdf",
)  # fmt: skip
_REASONS: Final = {
    **dict.fromkeys((21211, 21214, 21217, 21401, 21421, 21614, 30006), Reason.BAD_NUMBER),
    **dict.fromkeys((21212, 21603, 21606, 21659, 21660, 21661), Reason.BAD_SENDER),
    **dict.fromkeys((21408, 21612), Reason.REGION_OFF),
    21610: Reason.OPTED_OUT,
    **dict.fromkeys((21605, 21617, 30019), Reason.TOO_LARGE),
    **dict.fromkeys((12300, 21620, 21623), Reason.UNSUPPORTED),
    **dict.fromkeys((30003, 30005), Reason.UNREACHABLE),
    **dict.fromkeys((30004, 30007), Reason.FILTERED),
    30034: Reason.UNREGISTERED,
    **dict.fromkeys((30002, 63017), Reason.NO_CREDIT),
}
_FAILED: Final = ("failed", "undelivered", "canceled")
_NOTHING_TO_SAY: Final = Reply(200, "<Response/>", "text/xml")  # plain text would be sent to the phone as an answer


@dataclass(frozen=True, slots=True)
class Config:
    """A provider as the operator describes it; ``callback`` is how it reaches this relay, without a path."""

    name: str
    url: str  # where texts are posted; ends with MESSAGES
    username: str
    password: str = field(repr=False)
    sources: tuple[str, ...]  # our numbers there: E.164, short codes or names
    callback: str
    secret: str = field(repr=False)  # in the path of its calls
    signing_key: str = field(repr=False)  # with which it signs them
    mms_octets: int = 0  # of one whole MMS; 0: it carries none
    mms_types: tuple[str, ...] = MMS_TYPES
    retry: tuple[float, float] = (0.25, 60.0)  # first and longest wait while it is away


class ProviderGateway:
    """`base.Gateway` over HTTP, for whole texts; its calls count only with its signature."""

    def __init__(self, config: Config, time: clock.Clock) -> None:
        self._config = config
        self._clock = time
        self._link = Looking(config.name, config.retry, time)
        login = f"{config.username}:{config.password}".encode()
        basic = {"Authorization": "Basic " + base64.b64encode(login).decode()}
        self._login = {**basic, "Accept": "application/json"}
        self._fetching = fetching.Fetching(config.url, basic)

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
        able = base.Capabilities(sources=self._config.sources, splits=True)
        if not self._config.mms_octets:
            return able
        return replace(
            able,
            kinds=frozenset({Kind.SMS, Kind.MMS}),
            mms_octets=self._config.mms_octets,
            mms_types=frozenset(self._config.mms_types),
            mms_fetched=True,
        )

    async def run(self, sink: base.Sink) -> None:
        await self._link.run(sink, self._look)

    async def _look(self) -> tuple[LinkState, str]:
        """Ask for the account: it costs nothing and holds nobody's texts."""
        url = self._config.url.removesuffix(MESSAGES) + ".json"
        status, _ = await asking.ask(self._link.session, "GET", url, headers=self._login, body=b"", most=ANSWER)
        if status in (401, 403):
            return LinkState.BIND_REFUSED, str(status)
        return (LinkState.BOUND, "") if status == 200 else (LinkState.DOWN, f"HTTP {status}")

    async def submit(self, item: base.Segment | base.Sms | base.Mms) -> base.Submitted:
        if isinstance(item, base.Segment) or (isinstance(item, base.Mms) and not self._config.mms_octets):
            raise base.Refused(Reason.UNSUPPORTED, "whole texts only")
        form = urllib.parse.urlencode(self._form(item)).encode()
        # One that knows this header takes a text once, however often it is posted; others ignore it.
        headers = {**self._login, "Content-Type": webhooks.FORM, IDEMPOTENCY: item.client_ref.hex()}
        try:
            status, said = await asking.ask(
                self._link.session, "POST", self._config.url, headers=headers, body=form, most=ANSWER
            )
        except base.NotSent as error:
            await self._link.tell(LinkState.DOWN, error.detail)
            raise
        if status == 401:
            await self._link.tell(LinkState.BIND_REFUSED, str(status))
            raise base.NotSent("authorization")
        if isinstance(item, base.Mms):  # one, however it counts its words
            return replace(read_answer(status, said, 1), billed_segments=1)
        return read_answer(status, said, len(segments.plan(item.text).segments))

    def _form(self, item: base.Sms | base.Mms) -> list[tuple[str, str]]:
        here = self._config.callback.rstrip("/")
        form = [
            ("To", item.destination),
            ("From", item.source),
            ("StatusCallback", here + callbacks.path(self.name, self._config.secret, STATUS)),
            ("SmartEncoded", "false"),  # it would change letters of people's words
        ]
        if item.text:
            form.append(("Body", item.text))
        if isinstance(item, base.Mms):
            form.extend(("MediaUrl", here + part.url) for part in item.parts)
            if not item.parts:
                form.append(("SendAsMms", "true"))  # nothing else tells it from a text
        if item.valid_until:
            left = (item.valid_until - self._clock.now()) // 1000
            if left <= 0:
                raise base.Refused(Reason.EXPIRED)
            form.append(("ValidityPeriod", str(min(left, LONGEST))))
        return form

    async def fetch(self, part: base.MmsPart, most: int) -> bytes:
        """A piece of an MMS from a phone, with our login where it lies with the provider itself."""
        return await self._fetching.fetch(part.url, part.content_type, most)

    async def revoke(self, message_id: str, source: str, destination: str) -> bool:
        return False

    async def called(self, call: Call) -> Reply:
        """A status or a text; 503 until it is stored, for a provider tries that again."""
        sink = self._link.sink
        if call.what not in (STATUS, INCOMING):
            return Reply(404)
        fields = webhooks.read(call, self._config.signing_key, self._config.callback)
        if sink is None:
            return Reply(503)
        if call.what == STATUS:
            heard = webhooks.receipt(self.name, fields)
            stored = heard is None or await sink.receipt(heard)
        else:
            stored = await sink.mobile_originated(webhooks.incoming(self.name, fields))
        return _NOTHING_TO_SAY if stored else Reply(503)


def read_answer(status: int, said: bytes, planned: int) -> base.Submitted:
    """What it says to a text that was ``planned`` to have so many segments; base.Refused, base.OutcomeUnknown.

    2xx with an id is a text it has, at once or queued. Only 4xx says that it has none, and 408 not even that.
    """
    answer = _object(said)
    if 200 <= status < 300:
        return _submitted(answer, planned)
    raise _failure(status, answer)


def _object(said: bytes) -> dict[str, Any]:
    """The JSON object of an answer, an empty one where it is none."""
    try:
        found: object = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return cast(dict[str, Any], found) if isinstance(found, dict) else {}


def _submitted(answer: dict[str, Any], planned: int) -> base.Submitted:
    message_id = answer.get("sid")
    if not isinstance(message_id, str) or not (message_id.isascii() and message_id.isalnum()) or len(message_id) > 64:
        raise base.OutcomeUnknown("no id")
    if answer.get("status") in _FAILED:
        raise base.Refused(_reason(answer.get("error_code")), _digits(answer.get("error_code")))
    counted = _digits(answer.get("num_segments"))
    price, currency = _price(answer.get("price")), answer.get("price_unit")
    known = price is not None and isinstance(currency, str) and len(currency) == 3 and currency.isalpha()
    return base.Submitted(
        message_id,
        int(counted or 0) or planned,
        price if known else None,
        str(currency).upper() if known else "",
    )


def _price(said: object) -> int | None:
    """Millionths; it writes what it takes with a minus."""
    if not isinstance(said, str) or len(said) > 16:
        return None
    whole, _, part = said.removeprefix("-").partition(".")
    written = whole + part
    return int(whole + part[:6].ljust(6, "0")) if whole and written.isascii() and written.isdigit() else None


def _failure(status: int, answer: dict[str, Any]) -> errors.KingfisherError:
    if not 400 <= status < 500 or status == 408:
        return base.OutcomeUnknown(f"HTTP {status}")
    code = answer.get("code")
    return base.Refused(_reason(code), f"HTTP {status} {_digits(code)}".rstrip())


def _reason(code: object) -> Reason:
    return _REASONS.get(code, Reason.REFUSED) if isinstance(code, int) else Reason.REFUSED


def _digits(said: object) -> str:
    """A short number as it was said, for the operator; nothing where it is none."""
    found = str(said) if isinstance(said, int | str) else ""
    return found if found.isascii() and found.isdigit() and len(found) <= 6 else ""
