"""Finding a relay on the local network, with real multicast DNS on loopback; and the network's conditions."""

import socket

import pytest
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from app.net import conditions, discovery

RELAY = bytes(range(32))


def announcement(identity: bytes, *, port: int = 8443, addresses: tuple[str, ...] = ("127.0.0.1",)) -> ServiceInfo:
    packed = [socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text) for text in addresses]
    return ServiceInfo(
        discovery.SERVICE,
        f"relay.{discovery.SERVICE}",
        addresses=packed,
        port=port,
        properties={discovery.ID: identity},
        server="relay.local.",
    )


@pytest.mark.parametrize(
    ("identity", "found"),
    [
        (RELAY.hex().encode(), True),
        (RELAY.hex()[:16].encode(), True),
        (RELAY.hex()[:16].upper().encode(), True),
        (RELAY.hex()[:15].encode(), False),
        (RELAY.hex()[1:40].encode(), False),
        (b"", False),
        (b"\xff" * 16, False),
    ],
)
def test_only_this_relay_is_meant(identity: bytes, found: bool) -> None:
    urls = discovery.matching(announcement(identity), RELAY)
    assert urls == (("https://127.0.0.1:8443",) if found else ())


def test_addresses_of_both_kinds() -> None:
    info = announcement(RELAY.hex().encode(), addresses=("192.0.2.7", "2001:db8::7"))
    assert set(discovery.matching(info, RELAY)) == {"https://192.0.2.7:8443", "https://[2001:db8::7]:8443"}


def test_an_announcement_without_a_port() -> None:
    assert discovery.matching(announcement(RELAY.hex().encode(), port=0), RELAY) == ()


async def test_nobody_announces_it() -> None:
    assert await discovery.find(b"\xee" * 32, within=0.2) == ()


async def test_an_announced_relay_is_found() -> None:
    try:
        network = AsyncZeroconf()
    except OSError:
        pytest.skip("no multicast on this machine")
    identity = (b"\x77" * 32).hex().encode()
    await (await network.async_register_service(announcement(identity)))
    try:
        assert await discovery.find(b"\x77" * 32, within=5.0) == ("https://127.0.0.1:8443",)
    finally:
        await network.async_unregister_all_services()
        await network.async_close()


def test_without_a_desktop_nothing_is_known() -> None:
    source: conditions.ConditionsSource = conditions.NoDesktop()
    heard: list[conditions.Conditions] = []
    end = source.subscribe(heard.append)
    assert source.current() == conditions.UNKNOWN == conditions.Conditions(None, None, None, None)
    end()
    assert heard == []
