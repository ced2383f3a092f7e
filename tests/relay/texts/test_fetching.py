"""What the relay fetches for a phone: only where a provider may point it, only what was named, only so much of it."""

import contextlib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from app.common import clock
from app.relay import certificate
from app.relay.texts import base, fetching
from app.relay.texts.fetching import Fetching, is_public

LOGIN = {"Authorization": "Basic dG9rZW4="}
JPEG = b"\xff\xd8jpeg"


@dataclass
class Place:
    """A web server: what it answers at each path, and who asked with which login."""

    url: str = ""
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers.get("Authorization", "")))
        status, body, headers = self.answers.get(request.path, (404, b"", {}))
        if not status:
            assert request.transport is not None
            request.transport.abort()
            status = 500
        return web.Response(status=status, body=body, headers={"Content-Type": "image/jpeg", **headers})


@contextlib.asynccontextmanager
async def place(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Place]:
    running = Place()
    application = web.Application()
    application.add_routes([web.get("/{path:.*}", running.answer)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    scheme = "https" if tls is not None else "http"
    running.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield running
    finally:
        await runner.cleanup()


async def refused(own: Fetching, url: str, most: int = 1_000) -> str:
    with pytest.raises(base.Refused) as said:
        await own.fetch(url, "image/jpeg", most)
    return said.value.detail


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::",
        "localhost", "", "127.1", "2130706433",
    ],
)  # fmt: skip
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_what_is_public(address: str) -> None:
    assert is_public(address)


async def test_from_the_provider_itself_with_its_login() -> None:
    async with place() as provider:
        own = Fetching(provider.url + "/Messages.json", LOGIN)
        provider.answers["/a"] = (200, JPEG, {})
        provider.answers["/b"] = (307, b"", {"Location": "/a"})
        assert await own.fetch(provider.url + "/b", "image/jpeg", len(JPEG)) == JPEG
        assert provider.asked == [("/b", LOGIN["Authorization"]), ("/a", LOGIN["Authorization"])]


async def test_nowhere_that_is_not_public() -> None:
    """The media URL to 127.0.0.1: at another port than the provider's, by every name it has, and by a detour."""
    async with place() as provider, place() as inside:
        inside.answers["/a"] = (200, JPEG, {})
        own = Fetching(provider.url + "/Messages.json", LOGIN)
        port = inside.url.rpartition(":")[2]
        hosts = ("127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0", "169.254.169.254")
        for url in (
            inside.url + "/a",
            *(f"https://{host}:{port}/a" for host in hosts if host != "0x7f.1"),
            f"http://example.com:{port}/a",
            f"https://relay:secret@example.com:{port}/a",
            f"ftp://127.0.0.1:{port}/a",
            "file:///etc/passwd",
            "https://[",
            "https://",
            "",
            "https://example.com/" + "a" * 3_000,
        ):
            assert await refused(own, url) == "address", url
            provider.answers["/away"] = (302, b"", {"Location": url[:1_000]})
            with pytest.raises((base.Refused, base.NotSent)):
                await own.fetch(provider.url + "/away", "image/jpeg", 1_000)
        for name in ("localhost", "0x7f.1"):  # what is behind a name is looked at when it is resolved
            with pytest.raises(base.NotSent):
                await own.fetch(f"https://{name}:{port}/a", "image/jpeg", 1_000)
        assert inside.asked == []


async def test_the_login_goes_to_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers keep files elsewhere and send us there; for this test the machine itself counts as public."""
    pair = certificate.own_certificate(tmp_path, ("127.0.0.1",), clock.SystemClock())
    trusting = ssl.create_default_context(cafile=str(pair[0]))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    monkeypatch.setattr(fetching, "is_public", lambda _: True)
    async with place() as provider, place(certificate.server_context(*pair)) as elsewhere:
        provider.answers["/a"] = (307, b"", {"Location": elsewhere.url + "/x"})
        elsewhere.answers["/x"] = (200, JPEG, {})
        own = Fetching(provider.url + "/Messages.json", LOGIN)
        assert await own.fetch(provider.url + "/a", "image/jpeg", 1_000) == JPEG
        assert provider.asked == [("/a", LOGIN["Authorization"])]
        assert elsewhere.asked == [("/x", "")]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, b"x" * 1_001, {}), "too large"),
        ((200, b"", {}), "empty"),
        ((200, b"<html>", {"Content-Type": "text/html"}), "content type"),
        ((200, JPEG, {"Content-Encoding": "gzip"}), "content type"),
        ((302, b"", {"Location": "/a"}), "redirects"),
        ((302, b"", {}), "redirects"),
        ((401, b"", {}), "HTTP 401"),
        ((404, b"", {}), "HTTP 404"),
        ((503, b"", {}), None),
        ((429, b"", {"Retry-After": "5"}), None),
        ((0, b"", {}), None),
    ],
)
async def test_what_is_not_taken(answer: tuple[int, bytes, dict[str, str]], said: str | None) -> None:
    async with place() as provider:
        provider.answers["/a"] = answer
        own = Fetching(provider.url + "/Messages.json", LOGIN)
        if said is not None:
            assert await refused(own, provider.url + "/a") == said
        else:  # later perhaps
            with pytest.raises(base.NotSent):
                await own.fetch(provider.url + "/a", "image/jpeg", 1_000)


async def test_an_answer_without_a_length_or_an_end() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(b"x" * 65_536)
        return answer

    application = web.Application()
    application.add_routes([web.get("/a", endless)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/a"
    try:
        assert await refused(Fetching(url, LOGIN), url, 1_000_000) == "too large"
    finally:
        await runner.cleanup()
