"""Requests over HTTPS: certificates, tokens, refusals, hostile answers."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from app.common import clock, errors, ids
from app.net import handshake, http, transport
from app.protocol import codes, limits, login, requests, signed
from tests.parts.scripted_relay import Certificate, ScriptedRelay

ITEM = signed.sign(b"k" * 32, b"body")
Serve = Callable[[web.Request, bytes], web.Response]


@pytest.fixture
async def clients() -> AsyncIterator[list[http.RelayHttp]]:
    """Closed after the test."""
    made: list[http.RelayHttp] = []
    yield made
    for one in made:
        await one.close()


def body(answer: requests.Registered | requests.PrekeyCounts | requests.Claimed) -> web.Response:
    return web.Response(body=requests.encode(answer), content_type=requests.CONTENT_TYPE)


async def reach_of(relay: ScriptedRelay) -> handshake.Reach:
    met = await handshake.meet(transport.WebSocketTransport(), [relay.url], relay.relay, clock.SystemClock())
    return met.reach


@pytest.mark.parametrize("encrypted", [True, False], ids=["tls", "loopback"])
async def test_every_request_and_its_answer(clients: list[http.RelayHttp], tmp_path: Path, encrypted: bool) -> None:
    heard: list[object] = []
    answers = {
        ("POST", limits.ACCOUNTS_PATH): (requests.Register, requests.Registered(b"a" * 32, "claimed", b"i" * 32)),
        ("PUT", limits.LISTS_PATH): (requests.PutList, None),
        ("PUT", limits.FRESHNESS_PATH): (requests.PutFreshness, None),
        ("PUT", limits.PREKEYS_PATH): (requests.PutPrekeys, requests.PrekeyCounts(7, 3)),
        ("POST", limits.CLAIM_PATH): (requests.Claim, requests.Claimed((requests.Bundle(b"d" * 16, ITEM, None),))),
    }

    def serve(request: web.Request, data: bytes) -> web.Response:
        if request.path == limits.HEALTH_PATH:
            return web.Response()
        kind, answer = answers[request.method, request.path]
        heard.append(requests.decode(data, kind))
        return body(answer) if answer is not None else web.Response(status=204)

    async with ScriptedRelay(certificate=Certificate(tmp_path) if encrypted else None, http=serve) as relay:
        reach = await reach_of(relay)
        client = http.RelayHttp(lambda: reach)
        clients.append(client)
        register = requests.Register("alice@example.com", ITEM, ITEM, bytes(64))
        assert await client.register(register) == requests.Registered(b"a" * 32, "claimed", b"i" * 32)
        assert {token for _, _, token in relay.asked} == {""}
        reach = replace(reach, token=b"\x01\x02")
        await client.put_list(requests.PutList(ITEM, ITEM))
        await client.put_freshness(ITEM)
        assert await client.put_prekeys(requests.PutPrekeys((ITEM,))) == requests.PrekeyCounts(7, 3)
        claimed = await client.claim(b"a" * 32, [b"d" * 16])
        assert claimed.bundles[0].olm == ITEM
        assert await client.health()
        assert heard == [
            register,
            requests.PutList(ITEM, ITEM),
            requests.PutFreshness(ITEM),
            requests.PutPrekeys((ITEM,)),
            requests.Claim(b"a" * 32, (b"d" * 16,)),
        ]
        assert {token for _, _, token in relay.asked[1:]} == {"Bearer 0102"}
        assert requests.read_bearer("Bearer 0102") == b"\x01\x02"


async def test_a_certificate_that_hello_did_not_name_gets_no_request(
    clients: list[http.RelayHttp], tmp_path: Path
) -> None:
    async with ScriptedRelay(certificate=Certificate(tmp_path)) as relay:
        reach = replace(await reach_of(relay), token=b"secret")
        for leaves in ({b"x" * 32}, {login.PLAIN_LEAF}):
            elsewhere = replace(reach, leaves=frozenset(leaves))
            client = http.RelayHttp(lambda elsewhere=elsewhere: elsewhere)
            clients.append(client)
            with pytest.raises(errors.Untrusted, match="wrong_certificate"):
                await client.put_freshness(ITEM)
        assert relay.asked == []


async def test_a_new_set_of_certificates_ends_the_old_connection(clients: list[http.RelayHttp], tmp_path: Path) -> None:
    async with ScriptedRelay(certificate=Certificate(tmp_path)) as relay:
        reach = await reach_of(relay)
        client = http.RelayHttp(lambda: reach)
        clients.append(client)
        await client.put_freshness(ITEM)
        reach = replace(reach, leaves=frozenset({b"x" * 32}))
        with pytest.raises(errors.Untrusted, match="wrong_certificate"):
            await client.put_freshness(ITEM)
        assert len(relay.asked) == 1


async def test_no_plain_request_leaves_the_machine(clients: list[http.RelayHttp]) -> None:
    reach = handshake.Reach("http://relay.example.com", ids.RelayId(b"r" * 32), frozenset({bytes(32)}), b"t")
    client = http.RelayHttp(lambda: reach)
    clients.append(client)
    with pytest.raises(errors.GiveUp, match="not_encrypted"):
        await client.put_freshness(ITEM)


async def test_offline_and_nobody_there(clients: list[http.RelayHttp]) -> None:
    client = http.RelayHttp(lambda: None)
    clients.append(client)
    with pytest.raises(errors.AgainLater, match="offline"):
        await client.put_freshness(ITEM)
    async with ScriptedRelay() as relay:
        reach = replace(await reach_of(relay), token=b"secret token")
    client = http.RelayHttp(lambda: reach)
    clients.append(client)
    with pytest.raises(errors.AgainLater, match="unreachable") as caught:
        await client.put_freshness(ITEM)
    assert not await client.health()
    assert "127.0.0.1" not in repr(caught.value)
    assert b"secret token".hex() not in repr(caught.value)


@pytest.mark.parametrize("code", list(codes.Code))
async def test_every_code_arrives_in_its_family(clients: list[http.RelayHttp], code: codes.Code) -> None:
    def refuse(request: web.Request, data: bytes) -> web.Response:
        return web.Response(status=409, body=requests.encode(requests.Failure(code, "lookups_a_day", 2500)))

    kinds = {
        codes.Family.AGAIN_LATER: errors.AgainLater,
        codes.Family.GIVE_UP: errors.GiveUp,
        codes.Family.BROKEN: errors.Broken,
    }
    async with ScriptedRelay(http=refuse) as relay:
        reach = await reach_of(relay)
        client = http.RelayHttp(lambda: reach)
        clients.append(client)
        with pytest.raises(kinds[codes.FAMILIES[code]]) as caught:
            await client.put_freshness(ITEM)
        assert (caught.value.code, caught.value.detail, caught.value.retry_after) == (code, "lookups_a_day", 2.5)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda: web.Response(status=502, body=b"<html>alice@example.com</html>"), "unreachable"),
        (lambda: web.Response(status=302, headers={"Location": "http://192.0.2.1/"}), "unreachable"),
        (lambda: web.Response(body=b"\xc1"), "malformed"),
        (lambda: web.Response(body=requests.encode(requests.PrekeyCounts(1, 2)) + b"\x00"), "malformed"),
        (lambda: web.Response(body=b"\x92\xa1x\xa1y"), "malformed"),
        (lambda: web.Response(body=b"\x91" * 100_000), "malformed"),
        (lambda: web.Response(body=bytes(limits.REQUEST + 1)), "too_large"),
        (lambda: web.Response(status=400, body=requests.encode(requests.Failure("alice"))), "unknown_refusal"),
        (lambda: web.Response(status=429, body=requests.encode(requests.Failure("busy", "a b"))), "busy"),
    ],
    ids=["page", "redirect", "garbage", "trailing", "types", "nested", "large", "unknown", "odd-limit"],
)
async def test_hostile_answers(clients: list[http.RelayHttp], answer: Callable[[], web.Response], code: str) -> None:
    async with ScriptedRelay(http=lambda request, data: answer()) as relay:
        reach = await reach_of(relay)
        client = http.RelayHttp(lambda: reach)
        clients.append(client)
        with pytest.raises(errors.KingfisherError) as caught:
            await client.put_prekeys(requests.PutPrekeys())
        assert caught.value.code == code
        assert "alice" not in repr(caught.value)
