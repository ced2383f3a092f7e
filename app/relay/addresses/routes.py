"""The HTTP of addresses: what devices ask with their token, and the page for people without one."""

import asyncio
import ipaddress
import urllib.parse
from typing import Final

from aiohttp import web

from app.common import errors
from app.common.clock import Clock
from app.protocol import limits, proofs, requests
from app.relay.addresses import page
from app.relay.addresses.proving import Proving
from app.relay.api import Api, read_body
from app.relay.limits import Limits, Rates

FORM: Final = 2_048  # octets of a form
FIELDS: Final = 4
READING: Final = 10.0  # seconds a form may take to arrive
VISITS_AN_HOUR: Final = 30  # forms from one network
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_STATUS: Final = {"rate_limited": 429, "busy": 503, "too_large": 413}


class Routes:
    """They go beside the others of the relay."""

    def __init__(self, api: Api, proving: Proving, checks: bool, caps: Limits, time: Clock) -> None:
        self._api = api
        self._proving = proving
        self._checks = checks
        self._caps = caps
        self._clock = time
        self._visits = Rates("visits_an_hour", VISITS_AN_HOUR, limits.HOUR // 1000)

    def routes(self) -> list[web.RouteDef]:
        guard = self._api.guard
        return [
            web.get(limits.ADDRESSES_PATH, guard(self._addresses)),
            web.post(limits.START_PATH, guard(self._start)),
            web.post(limits.PROVE_PATH, guard(self._prove)),
            web.post(limits.WITHDRAW_PATH, guard(self._withdraw)),
            web.post(limits.ANSWER_PATH, guard(self._answer)),
            web.get(limits.LEAVE_PATH, self._show),
            web.post(limits.LEAVE_PATH, self._leave),
        ]

    async def _addresses(self, request: web.Request) -> requests.Body:
        return self._proving.addresses(self._api.device_of(request).account)

    async def _start(self, request: web.Request) -> None:
        device = self._api.device_of(request)
        body = requests.decode(await read_body(request), proofs.Start)
        await self._proving.start(device, body, network_of(request, self._caps))

    async def _prove(self, request: web.Request) -> requests.Body:
        device = self._api.device_of(request)
        return await self._proving.prove(device, requests.decode(await read_body(request), proofs.Prove))

    async def _withdraw(self, request: web.Request) -> None:
        device = self._api.device_of(request)
        await self._proving.withdraw(device, requests.decode(await read_body(request), proofs.Withdraw))

    async def _answer(self, request: web.Request) -> None:
        device = self._api.device_of(request)
        await self._proving.answer(device, requests.decode(await read_body(request), proofs.Answer))

    # the page

    async def _show(self, request: web.Request) -> web.Response:
        return _html(page.ask() if self._checks else page.off())

    async def _leave(self, request: web.Request) -> web.Response:
        """One form after the other; what a refusal says is on the page itself."""
        address = code = ""
        try:
            network = network_of(request, self._caps)
            if network:
                self._visits.take(network, self._clock.now())
            fields = await _form(request)
            address, code = fields.get("address", "").strip(), fields.get("code", "")
            if "code" in fields:
                return await self._enter(address, "".join(code.split()))
            await self._proving.start_leaving(address, network)
        except errors.KingfisherError as error:
            return _html(page.ask(error.code, address[: limits.ADDRESS]), _STATUS.get(error.code, 400))
        return _html(page.enter(address))

    async def _enter(self, address: str, code: str) -> web.Response:
        if len(code) != proofs.DIGITS or not (code.isascii() and code.isdigit()):
            return _html(page.enter(address, "wrong"), 400)
        change = await self._proving.leave(address, code)
        move = change.state.move
        match change.outcome:
            case "left":
                return _html(page.left(address))
            case "leaving" if move is not None:
                return _html(page.leaving(address, move.until))
            case outcome:
                return _html(page.enter(address, outcome), 400)


def network_of(request: web.Request, caps: Limits) -> str:
    """The neighbourhood that is counted together: /24 or /48; nothing for loopback unless told otherwise."""
    try:
        found = ipaddress.ip_address((request.remote or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if found.is_loopback and caps.spare_loopback:
        return ""
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


async def _form(request: web.Request) -> dict[str, str]:
    """A small form, or Malformed."""
    if request.content_type != _FORM_TYPE:
        raise errors.Malformed("malformed")
    try:
        async with asyncio.timeout(READING):
            data = await request.content.read(FORM + 1)
            while len(data) <= FORM and (more := await request.content.read(FORM + 1)):
                data += more
    except (ConnectionError, TimeoutError) as error:
        raise errors.Malformed("malformed") from error
    if len(data) > FORM:
        raise errors.Malformed("too_large")
    try:
        found = urllib.parse.parse_qs(data.decode(), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError as error:
        raise errors.Malformed("malformed") from error
    return {name: values[0] for name, values in found.items()}


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html", headers=page.HEADERS)
