"""A provider of texts in the shape of Twilio's messages: takes them, keeps what was asked, calls back, signed."""

import base64
import contextlib
import hashlib
import hmac
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from app.protocol import segments
from tests.parts.private import private

ACCOUNT = "AC" + "0" * 32
TOKEN = "token of the account"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}"
_WHEN = "Mon, 30 Nov 2026 10:00:00 +0000"


@dataclass
class Provider:
    """``script`` has the answers that come next instead of the usual one: (status, JSON or text, headers).

    ``media`` are the addresses that came with what was ``asked``, ``files`` what lies with it for whoever logs in.
    """

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    media: list[list[str]] = field(default_factory=list)
    answered: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, deque[web.Response]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    script: deque[tuple[int, Any, Mapping[str, str]]] = field(default_factory=deque)
    early: list[str] = field(default_factory=list)  # statuses that are posted before the answer
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def messages(self) -> str:
        return f"{self.url}{PATH}/Messages.json"

    async def take(self, request: web.Request) -> web.Response:
        if not _let_in(request):
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        form = await request.post()
        self.asked.append({name: str(value) for name, value in form.items()})
        self.media.append([str(value) for value in form.getall("MediaUrl", [])])
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        if self.script:
            return self._scripted(request)
        body = self._message(self.asked[-1])
        self.answered.append(body)
        for status in self.early:
            await self.status(body["sid"], status)
        return web.json_response(body, status=201)

    def _scripted(self, request: web.Request) -> web.Response:
        status, said, headers = self.script.popleft()
        if not status:
            assert request.transport is not None
            request.transport.abort()
            status = 500
        if isinstance(said, str):
            return web.Response(status=status, text=said, headers=headers)
        return web.json_response(said, status=status, headers=headers)

    def _message(self, asked: dict[str, str]) -> dict[str, Any]:
        media = self.media[-1]
        sid = f"{'MM' if media or asked.get('SendAsMms') == 'true' else 'SM'}{next(self.ids):032x}"
        uri = f"{PATH}/Messages/{sid}"
        return {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": asked.get("Body", ""),
            "date_created": _WHEN,
            "date_sent": None,
            "date_updated": _WHEN,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": asked["From"],
            "messaging_service_sid": None,
            "num_media": str(len(media)),
            "num_segments": str(len(segments.plan(asked.get("Body", "")).segments)),
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "queued",
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": asked["To"],
            "uri": f"{uri}.json",
        }

    async def account(self, request: web.Request) -> web.Response:
        if not _let_in(request):
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        return web.json_response(
            {
                "date_created": _WHEN,
                "date_updated": _WHEN,
                "friendly_name": "Kingfisher",
                "owner_account_sid": ACCOUNT,
                "sid": ACCOUNT,
                "status": "active",
                "subresource_uris": {"messages": f"{PATH}/Messages.json"},
                "type": "Full",
                "uri": f"{PATH}.json",
            }
        )

    async def fetched(self) -> list[tuple[str, bytes]]:
        """What lies behind the addresses that came with the last MMS, fetched as it does: a while after it took it."""
        found: list[tuple[str, bytes]] = []
        async with aiohttp.ClientSession() as session:
            for url in self.media[-1]:
                async with session.get(url) as answer:
                    found.append((answer.content_type if answer.status == 200 else "", await answer.read()))
        return found

    def keep(self, name: str, *answers: web.Response) -> str:
        """A piece of an MMS from a phone: what is said of it time after time. Where it lies."""
        self.files[name] = deque(answers)
        return f"{self.url}{PATH}/Messages/MM1/Media/{name}"

    async def file(self, request: web.Request) -> web.Response:
        if not _let_in(request):
            return web.Response(status=401)
        answers = self.files.get(request.match_info["name"])
        return answers.popleft() if answers else web.Response(status=404)

    async def status(self, sid: str, status: str, url: str = "", **more: str) -> int:
        """Say how a text stands, at the address that came with it."""
        fields = {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT, **more}
        return await call(url or self.asked[-1]["StatusCallback"], fields)


def _let_in(request: web.Request) -> bool:
    login = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    return request.headers.get("Authorization") == f"Basic {login}"


def phone(text: str, sender: str, to: str, number: int = 1, **more: str) -> dict[str, str]:
    """The form of a text from a phone."""
    sid = f"SM{number:032x}"
    return {"MessageSid": sid, "AccountSid": ACCOUNT, "From": sender, "To": to, "Body": text, "NumMedia": "0", **more}


def picture(text: str, sender: str, to: str, *pieces: tuple[str, str], number: int = 1) -> dict[str, str]:
    """The form of an MMS from a phone: its pieces as (address, content type)."""
    named = {"NumMedia": str(len(pieces))}
    for at, (url, kind) in enumerate(pieces):
        named |= {f"MediaUrl{at}": url, f"MediaContentType{at}": kind}
    return phone(text, sender, to, number, **named)


def sign(url: str, fields: Mapping[str, str], token: str = TOKEN) -> str:
    said = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


async def call(url: str, fields: Mapping[str, str], signature: str | None = None) -> int:
    """Post a form, signed unless another signature is given; the status of the answer."""
    given = sign(url, fields) if signature is None else signature
    headers = {"X-Twilio-Signature": given} if given else {}
    async with aiohttp.ClientSession() as session, session.post(url, data=dict(fields), headers=headers) as answer:
        said = await answer.read()
        assert answer.status != 200 or (answer.content_type, said) == ("text/xml", b"<Response/>")
        return answer.status


def table(folder: Path, real: Provider, number: str, callback: str, secret: str, *, mms_octets: int = 0) -> str:
    """As an operator describes it to the relay, called ``west``; its secrets go into ``folder``."""
    return f"""
        [gateways.west]
        kind = "provider"
        url = "{real.messages}"
        username = "{ACCOUNT}"
        password_file = "{private(folder / "password", TOKEN)}"
        numbers = ["{number}"]
        callback = "{callback}"
        callback_secret_file = "{private(folder / "secret", secret)}"
        mms_octets = {mms_octets}
    """


@contextlib.asynccontextmanager
async def provider() -> AsyncGenerator[Provider]:
    """One that takes everything until it is told otherwise."""
    running = Provider()
    application = web.Application()
    application.add_routes(
        [
            web.post(f"{PATH}/Messages.json", running.take),
            web.get(f"{PATH}.json", running.account),
            web.get(PATH + "/Messages/MM1/Media/{name}", running.file),
        ]
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield running
    finally:
        await runner.cleanup()
