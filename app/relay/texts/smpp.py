"""An SMPP 3.4 gateway: one bound transceiver session, kept up, kept within its window and slowed when told to."""

import asyncio
import datetime
import logging
import ssl
from dataclasses import dataclass, field
from typing import Final

from app.common import clock, errors
from app.protocol import segments
from app.protocol.segments import Alphabet, Concatenation, Encoding
from app.relay.texts import base, pdu, receipts, smpp_link
from app.relay.texts.base import LinkState, Reason
from app.relay.texts.pdu import Command, Field, Status
from app.relay.texts.receipts import IdForm

TRIES: Final = 6  # of one segment while the gateway is busy, before it goes back to the queue
BUSY: Final = {Status.THROTTLED, Status.QUEUE_FULL, Status.SYSTEM_ERROR, Status.TRY_LATER, Status.BAD_BIND_STATE}
BIND_REFUSALS: Final = {Status.BIND_FAILED, Status.BAD_PASSWORD, Status.BAD_SYSTEM_ID, Status.ALREADY_BOUND}
_REASONS: Final = {
    Status.BAD_MESSAGE_LENGTH: Reason.TOO_LARGE,
    Status.BAD_SOURCE: Reason.BAD_SENDER,
    Status.BAD_DESTINATION: Reason.BAD_NUMBER,
}
_INTERNATIONAL: Final = 1  # type of number (5.2.5)
_NETWORK_SPECIFIC: Final = 3
_ALPHANUMERIC: Final = 5
_ISDN: Final = 1  # numbering plan (5.2.6)
_SHORT_CODE: Final = 6  # digits at most

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Config:
    """A gateway as the operator describes it; errors.Malformed when it cannot be."""

    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    sources: tuple[str, ...]  # our numbers there: E.164, short codes or names
    tls: ssl.SSLContext | None = None
    system_type: str = ""
    window: int = 10  # submits that wait for their answer at a time; the line of a relay waits for each
    per_second: float = 0.0  # segments; 0: no limit of our own
    alphabet: Alphabet = Alphabet.GSM  # what the SMSC means by data_coding 0: GSM or LATIN_1
    id_form: IdForm = IdForm.SAME
    bare_prefix: str = "+"  # stands before incoming numbers that the SMSC does not call international
    timing: smpp_link.Timing = field(default_factory=smpp_link.Timing)

    def __post_init__(self) -> None:
        pdu.encode_bind(self.system_id, self.password, self.system_type)
        if self.window < 1 or self.per_second < 0 or self.alphabet not in (Alphabet.GSM, Alphabet.LATIN_1):
            raise errors.Malformed("bad_gateway", self.name)


class SmppGateway:
    """`base.Gateway` over SMPP; ``run`` holds the session until cancelled, then takes leave of the peer."""

    def __init__(self, config: Config, time: clock.Clock) -> None:
        self._config = config
        self._clock = time
        self._link: smpp_link.Link | None = None
        self._slots = asyncio.Semaphore(config.window)
        self._busy = clock.Backoff(*config.timing.hold)
        self._held_until = self._next_at = 0.0  # monotonic seconds

    @property
    def name(self) -> str:
        return self._config.name

    @property
    def capabilities(self) -> base.Capabilities:
        return base.Capabilities(sources=self._config.sources, revocation=True, alphabet=self._config.alphabet)

    @property
    def bound(self) -> bool:
        """Whether a submit would be written now."""
        return self._link is not None

    async def run(self, sink: base.Sink) -> None:
        reconnect = clock.Backoff(*self._config.timing.reconnect)
        while True:
            await self._clock.sleep(await self._session(sink, reconnect))

    async def _session(self, sink: base.Sink, reconnect: clock.Backoff) -> float:
        """One connection from its opening to its end; seconds to wait before the next one."""
        config = self._config
        try:
            async with asyncio.timeout(config.timing.connect):
                streams = await asyncio.open_connection(config.host, config.port, ssl=config.tls)
        except (OSError, TimeoutError) as error:
            await sink.link_state(self.name, LinkState.DOWN, type(error).__name__)
            return reconnect.next()
        link = smpp_link.Link(
            f"smpp/{self.name}", streams, lambda body: self._deliver(sink, body), config.timing, self._clock
        )
        try:
            status = await link.bind(config.system_id, config.password, config.system_type)
            if status != Status.OK:
                refused = status in BIND_REFUSALS
                state = LinkState.BIND_REFUSED if refused else LinkState.DOWN
                await sink.link_state(self.name, state, f"0x{status:08x}")
                return config.timing.reconnect[1] if refused else reconnect.next()
            reconnect.reset()
            self._link = link
            await sink.link_state(self.name, LinkState.BOUND, "")
            why = await link.ended()
        except (base.NotSent, base.OutcomeUnknown) as error:
            why = error.detail
        finally:
            self._link = None
            await link.close()
        await sink.link_state(self.name, LinkState.DOWN, why)
        return reconnect.next()

    async def submit(self, item: base.Segment | base.Sms | base.Mms) -> base.Submitted:
        """Repeats only what the gateway refused because it is busy, and slows the whole session while it is."""
        if not isinstance(item, base.Segment):
            raise base.Refused(Reason.UNSUPPORTED, "segments only")
        body = self._body(item)
        for _ in range(TRIES):
            async with self._slots:
                await self._turn()
                if item.valid_until and item.valid_until <= self._clock.now():
                    raise base.Refused(Reason.EXPIRED)
                if self._link is None:
                    raise base.NotSent("not bound")
                answer = await self._link.ask(Command.SUBMIT_SM, body)
                if answer.status in BUSY:
                    self._hold()
                    continue
            self._busy.reset()
            if answer.status == Status.OK:
                message_id = receipts.submitted_id(pdu.decode_message_id(answer.body), self._config.id_form)
                return base.Submitted(message_id)
            raise base.Refused(_reason(answer.status), f"0x{answer.status:08x}")
        raise base.Throttled(retry_after=max(0.0, self._held_until - self._clock.monotonic()))

    async def revoke(self, message_id: str, source: str, destination: str) -> bool:
        if self._link is None:
            raise base.NotSent("not bound")
        try:
            body = pdu.encode_cancel(message_id, _on_wire(source), _on_wire(destination))
        except errors.Malformed:
            return False
        return (await self._link.ask(Command.CANCEL_SM, body)).status == Status.OK

    def _hold(self) -> None:
        now = self._clock.monotonic()
        if now >= self._held_until:  # refusals of one window are one refusal
            self._held_until = now + self._busy.next()

    async def _turn(self) -> None:
        """Wait for the rate that was agreed on, and for a gateway that is busy."""
        while (wait := max(self._held_until, self._next_at) - self._clock.monotonic()) > 0:
            await self._clock.sleep(wait)
        if self._config.per_second:
            self._next_at = self._clock.monotonic() + 1 / self._config.per_second

    def _body(self, item: base.Segment) -> bytes:
        user_data = item.user_data
        if item.encoding is Encoding.GSM_7 and self._config.alphabet is Alphabet.LATIN_1:
            try:
                user_data = item.text.encode("latin-1")
            except UnicodeEncodeError:
                raise base.Refused(Reason.UNSUPPORTED, "not in the gateway's alphabet") from None
        source_ton, source_npi, source = _on_wire(item.source)
        destination_ton, destination_npi, destination = _on_wire(item.destination)
        message = pdu.ShortMessage(
            source=source,
            destination=destination,
            body=item.header + user_data,
            esm_class=pdu.UDHI if item.header else 0,
            data_coding=8 if item.encoding is Encoding.UCS_2 else 0,
            registered_delivery=1,
            source_ton=source_ton,
            source_npi=source_npi,
            destination_ton=destination_ton,
            destination_npi=destination_npi,
            validity_period=_validity(item.valid_until),
        )
        try:
            return pdu.encode_message(message)
        except errors.Malformed as error:
            raise base.Refused(Reason.BAD_NUMBER) from error

    async def _deliver(self, sink: base.Sink, body: bytes) -> int:
        """Hand a receipt or a text to the sink; the command_status of the answer."""
        try:
            message = pdu.decode_message(body)
            heard = receipts.parse(message, self.name, self._config.id_form) if message.is_receipt else None
            incoming = None if message.is_receipt else self._incoming(message)
        except errors.Malformed:
            log.warning("%s: a deliver_sm that cannot be read was refused", self.name)
            return Status.UNDECODABLE
        try:
            if incoming is not None:
                stored = await sink.mobile_originated(incoming)
            else:
                stored = heard is None or await sink.receipt(heard)
        except errors.AgainLater:
            stored = False
        return Status.OK if stored else Status.TRY_LATER

    def _incoming(self, message: pdu.ShortMessage) -> base.Incoming:
        octets, part = message.body, _sar_part(message)
        if message.esm_class & pdu.UDHI:
            data = segments.split_header(octets)
            octets, part = data.octets, segments.concatenation(data.elements) or part
        return base.Incoming(
            gateway=self.name,
            source=self._number(message.source_ton, message.source),
            destination=self._own(self._number(message.destination_ton, message.destination)),
            octets=octets,
            alphabet=segments.alphabet_of(message.data_coding, self._config.alphabet),
            part=part,
        )

    def _number(self, ton: int, digits: str) -> str:
        if ton == _ALPHANUMERIC or not digits.isdecimal():
            return digits
        if ton == _INTERNATIONAL:
            return f"+{digits}"
        return digits if len(digits) <= _SHORT_CODE else self._config.bare_prefix + digits

    def _own(self, number: str) -> str:
        """As the operator wrote it, where it is one of ours."""
        digits = number.removeprefix("+")
        return next((source for source in self._config.sources if source.removeprefix("+") == digits), number)


def _reason(status: int) -> Reason:
    return next((reason for known, reason in _REASONS.items() if known == status), Reason.REFUSED)


def _sar_part(message: pdu.ShortMessage) -> Concatenation | None:
    found = [message.fields.get(tag, b"") for tag in (Field.SAR_REFERENCE, Field.SAR_TOTAL, Field.SAR_SEQUENCE)]
    if not all(found):
        return None
    reference, total, sequence = (int.from_bytes(value[:2], "big") for value in found)
    return segments.part(0, reference, total, sequence)


def _on_wire(number: str) -> tuple[int, int, str]:
    """Type of number, numbering plan and digits of an address of ours."""
    if number.startswith("+"):
        return _INTERNATIONAL, _ISDN, number[1:]
    if number.isascii() and number.isdecimal():
        return (_NETWORK_SPECIFIC, 0, number) if len(number) <= _SHORT_CODE else (_INTERNATIONAL, _ISDN, number)
    return _ALPHANUMERIC, 0, number


def _validity(until: int) -> str:
    """The absolute form (7.1.1), in UTC; empty: as long as the gateway likes."""
    if not until:
        return ""
    return datetime.datetime.fromtimestamp(until / 1000, datetime.UTC).strftime("%y%m%d%H%M%S") + "000+"
