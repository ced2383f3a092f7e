"""The way in: what is typed and pasted, and registering that can fail, change its mind and be taken up again."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.client import arrival
from app.client.arrival import Arrival, Door
from app.client.unlocking import Opener, Unlocking
from app.common import clock, errors
from app.common.profile import Profile
from app.net.transport import WebSocketTransport
from app.storage.keychain import Keychain
from tests.parts import relay as relays
from tests.parts.examples import examples
from tests.parts.people import CHEAP
from tests.parts.relay import Relay

ALICE = "alice@example.com"
PASSPHRASE = Opener("passphrase", "a long passphrase")


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncGenerator[Relay]:
    async with relays.process(tmp_path / "relay", open_registration=False) as running:
        yield running


def _door(folder: Path) -> Door:
    home = Profile(folder / "profile")
    home.prepare()
    return Door(home, Unlocking(home, Keychain(lambda: None), CHEAP), WebSocketTransport(), clock.SystemClock())


async def test_a_link_is_found_in_what_people_paste(relay: Relay) -> None:
    link = await relay.invite()
    host = relay.url.partition("://")[2]
    half = len(link) // 2
    for text in (
        link,
        f"  {link}\n",
        f"Come over! <{link}>.",
        f"“{link}”",
        f"{link[:half]}\n{link[half:]}",
        link.replace("http:", "kingfisher:"),
    ):
        found = arrival.read_invite(text)
        assert (found.host, found.name) == (host, "")
        assert found.joining.urls == (relay.url,)
    for text in ("", "hello", relay.url, link.partition("#")[0], link[:-9], f"{relay.url}/join#", "x" * 100_000):
        with pytest.raises(errors.Malformed, match="bad_invite"):
            arrival.read_invite(text)


@settings(deadline=None, max_examples=examples(50))
@given(st.text(max_size=200))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    for read in (arrival.read_invite, arrival.read_relay, arrival.read_address):
        with contextlib.suppress(errors.Malformed):  # and nothing else
            assert read(text)


def test_a_relay_is_named_with_or_without_its_scheme() -> None:
    for text in ("relay.example.com:8443", " https://relay.example.com:8443/ ", "wss://relay.example.com:8443"):
        assert arrival.read_relay(text).urls == ("https://relay.example.com:8443",)
    with pytest.raises(errors.Malformed):
        arrival.read_relay("relay example")


async def test_an_account_is_made_and_the_code_kept(relay: Relay, tmp_path: Path) -> None:
    door = _door(tmp_path)
    await arrival.reach(door, arrival.read_relay(relay.url))
    invited = arrival.read_invite(await relay.invite()).joining
    way = Arrival(door)
    code = await way.register(PASSPHRASE, invited, ALICE, "Alice")
    key = await door.unlocking.open(PASSPHRASE)
    found = await arrival.standing(door, key)
    assert (found.step, found.code, found.address, found.name) == ("code", code, ALICE, "Alice")
    opened = await way.kept()
    assert (opened.home, opened.key) == (door.home, key)
    assert (await arrival.standing(door, key)).step == "done"


async def test_one_that_was_begun_goes_on_with_other_answers(relay: Relay, tmp_path: Path) -> None:
    door = _door(tmp_path)
    way = Arrival(door)
    with pytest.raises(errors.GiveUp, match="closed"):
        await way.register(PASSPHRASE, arrival.read_relay(relay.url), ALICE, "Alice")
    assert way.begun
    found = await arrival.standing(door, await door.unlocking.open(PASSPHRASE))
    assert (found.step, found.address, found.joining.urls) == ("register", ALICE, (relay.url,))
    # After a restart: another address, another passphrase, and the invite that was missing.
    later = Arrival(_door(tmp_path), await door.unlocking.open(PASSPHRASE))
    invited = arrival.read_invite(await relay.invite()).joining
    other = Opener("passphrase", "another long passphrase")
    code = await later.register(other, invited, "alice@example.org", "Alice Ardley")
    assert code == found.code
    with pytest.raises(errors.Untrusted, match="wrong_key"):
        await door.unlocking.open(PASSPHRASE)
    again = await later.register(None, invited, "alice@example.org", "Alice Ardley")  # the answer was lost
    assert again == code
    now = await arrival.standing(door, await door.unlocking.open(other))
    assert (now.step, now.address, now.name) == ("code", "alice@example.org", "Alice Ardley")


async def test_a_keychain_that_says_no_begins_nothing(relay: Relay, tmp_path: Path) -> None:
    door = _door(tmp_path)
    way = Arrival(door)
    invited = arrival.read_invite(await relay.invite()).joining
    with pytest.raises(errors.AgainLater, match="keychain_absent"):
        await way.register(Opener(), invited, ALICE, "Alice")
    assert not way.begun and not door.home.exists
    assert await way.register(PASSPHRASE, invited, ALICE, "Alice")  # the explicit way out


async def test_without_the_relay_nothing_is_begun(relay: Relay, tmp_path: Path) -> None:
    invited = arrival.read_invite(await relay.invite()).joining
    await relay.stop()
    way = Arrival(_door(tmp_path))
    with pytest.raises(errors.AgainLater, match="unreachable"):
        await way.register(PASSPHRASE, invited, ALICE, "Alice")
    assert not way.begun
    with pytest.raises(errors.GiveUp, match="no_profile"):
        await way.kept()


async def test_a_profile_without_its_store_is_not_done(tmp_path: Path) -> None:
    with pytest.raises(errors.GiveUp, match="missing"):
        await arrival.standing(_door(tmp_path), b"k" * 32)
