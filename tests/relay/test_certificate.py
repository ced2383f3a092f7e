"""The relay's key, its certificates and its signed word; and what it announces."""

import ssl
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common import errors
from app.common.clock import ManualClock
from app.net import discovery
from app.protocol import limits, login, signed
from app.relay import announce, certificate, verification
from app.relay.store.sqlite.filter import Filter


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    seed = certificate.relay_seed(tmp_path)
    assert certificate.relay_seed(tmp_path) == seed
    assert stat.S_IMODE((tmp_path / certificate.KEY_FILE).stat().st_mode) == 0o600
    for damaged in ("", "zz", seed.hex()[:-2]):
        (tmp_path / certificate.KEY_FILE).write_text(damaged)
        with pytest.raises(errors.GiveUp, match="bad_key"):  # never made anew over what is there
            certificate.relay_seed(tmp_path)


def test_a_certificate_is_kept_until_it_ends(tmp_path: Path) -> None:
    time = ManualClock()
    made, key = certificate.own_certificate(tmp_path, ["relay.example.com", "192.0.2.1", "2001:db8::1"], time)
    first = certificate.leaf_hash(made)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    context = certificate.server_context(made, key)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    certificate.own_certificate(tmp_path, ["other.example.com"], time)
    assert certificate.leaf_hash(made) == first
    time.advance(certificate.LIFE.total_seconds() + 1)
    certificate.own_certificate(tmp_path, ["relay.example.com"], time)
    assert certificate.leaf_hash(made) != first
    key.write_text("damaged")
    with pytest.raises(errors.GiveUp, match="bad_certificate"):
        certificate.server_context(made, key)


def test_the_word_is_renewed_daily_and_verifies(tmp_path: Path) -> None:
    time = ManualClock()
    leaf = bytes(31) + b"\x01"
    statement = certificate.Statement(certificate.relay_seed(tmp_path), (leaf,), time)
    statement.set_urls(("https://relay.example.com",))
    first = statement()
    assert statement() is first
    relay = signed.relay_id(statement.public)
    found, body = login.verify_hello(first, leaf, time.now(), relay)
    assert (found, body.urls, body.leaves) == (relay, ("https://relay.example.com",), (leaf,))
    time.advance(limits.DAY / 1000)
    assert statement() is not first
    assert login.verify_hello(statement(), leaf, time.now() + limits.HELLO - 1, relay)


def test_clients_recognise_what_the_relay_announces() -> None:
    relay = signed.relay_id(bytes(32))
    announcement = announce.Announcement(relay, 8443, ["192.0.2.1", "2001:db8::1"])
    assert announce.SERVICE == discovery.SERVICE
    assert discovery.matching(announcement.info, relay) == ("https://192.0.2.1:8443", "https://[2001:db8::1]:8443")
    assert discovery.matching(announcement.info, signed.relay_id(b"x" * 32)) == ()


def test_an_invite_is_stored_as_a_hash_of_its_own_kind() -> None:
    assert verification.hash_secret(b"one") != verification.hash_secret(b"two")
    assert b"one" not in verification.hash_secret(b"one")


@given(st.sets(st.binary(min_size=16, max_size=16), min_size=1, max_size=200))
def test_the_filter_never_denies_what_was_added(names: set[bytes]) -> None:
    known = Filter(0)
    assert known.may_have(next(iter(names)))  # not complete: nothing can be denied
    known.complete = True
    assert not any(known.may_have(name) for name in names)
    for name in names:
        known.add(name)
    assert all(known.may_have(bytes(bytearray(name))) for name in names)
