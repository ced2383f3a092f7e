"""Letters over a real mail server: TLS or nothing, what is refused, and settings that are wrong."""

import ssl
from pathlib import Path

import pytest

from app.common import errors
from app.common.clock import SystemClock
from app.protocol import frames, limits
from app.relay.addresses import codes, smtp
from app.relay.addresses.sending import PAUSES
from app.relay.code_limits import Rules
from tests.parts import mail_server
from tests.parts.mail_server import MailServer
from tests.parts.waiting import until, until_so
from tests.parts.wire_client import WireClient
from tests.relay.addresses.conftest import NUMBER, Desk

LETTER = codes.letter("123456", codes.PROVE, "relay.example.com")
ALICE = "alice@example.com"


async def send(server: MailServer, **changes: object) -> smtp.Sent:
    settings = smtp.read({**server.table, **changes})
    assert settings is not None
    return await smtp.Mail(settings, SystemClock()).send(ALICE, LETTER)


async def test_starttls_and_tls_from_the_first_octet(tmp_path: Path) -> None:
    async with mail_server.serving(tmp_path / "first") as server:
        assert await send(server) is smtp.Sent.TAKEN
        assert server.tls == [True]
        assert server.letters[0].get_content().splitlines()[-1] == "@relay.example.com #123456"
    async with mail_server.serving(tmp_path / "second", at_once=True) as server:
        assert await send(server, security="tls") is smtp.Sent.TAKEN


async def test_nothing_leaves_to_a_server_that_is_not_who_it_should_be(tmp_path: Path) -> None:
    async with mail_server.serving(tmp_path / "mail") as server, mail_server.serving(tmp_path / "other") as other:
        assert await send(server, ca_file=other.table["ca_file"]) is smtp.Sent.LATER
        assert await send(server, host="localhost") is smtp.Sent.LATER  # the certificate names 127.0.0.1
        assert await send(server, username="mallory") is smtp.Sent.LATER
        assert await send(server, security="none") is smtp.Sent.LATER  # it insists on TLS
        assert (server.letters, server.asked) == ([], 0)


async def test_only_a_mailbox_that_is_not_there_is_refused_for_good(tmp_path: Path) -> None:
    async with mail_server.serving(tmp_path / "mail") as server:
        server.script.extend(("550 no such user", "554 not today", "451 later", "250 OK"))
        answers = [await send(server) for _ in range(4)]
    assert answers == [smtp.Sent.REFUSED, smtp.Sent.LATER, smtp.Sent.LATER, smtp.Sent.TAKEN]
    assert await send(server) is smtp.Sent.LATER  # nobody there any more


@pytest.mark.parametrize("to", ["alice@example.com\r\nBcc: mallory@example.com", "a b@example.com", "+12025550100"])
async def test_what_is_no_address_never_becomes_a_head(to: str, tmp_path: Path) -> None:
    mail = smtp.Mail(smtp.Config("127.0.0.1", 1, "codes@example.com", None), SystemClock())
    with pytest.raises((errors.Malformed, ValueError)):
        await mail.send(to, LETTER)


async def test_a_letter_is_tried_again_while_the_server_is_busy(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    desk.mail.script.extend(["451 later"] * 2)
    async with desk.wire.online(alice.gadgets[0]) as client:
        await desk.start(client, ALICE)
        for tries, pause in ((1, 7), (2, 40)):
            due = desk.clock.now() + pause * 1000
            await until(lambda due=due: due in [at for at, _ in desk.clock._sleepers])
            assert desk.mail.asked == tries
            desk.clock.advance(pause)
        assert (await desk.prove(client, ALICE, await desk.mail.code())).outcome == "proved"


async def test_a_code_that_comes_back_proves_nothing_and_ends_an_old_proof(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        await desk.proved(client, ALICE)
        assert await desk.told(client) == {ALICE: "proved"}
        desk.pass_by(limits.CODE_AGAIN)
        desk.mail.script.append("550 no such user")
        await desk.start(client, ALICE)
        assert await desk.told(client) == {ALICE: "lapsed"}
        assert (await desk.prove(client, ALICE, "000000")).outcome == "expired"


@pytest.mark.expect_log("a code could not be handed to the mail server")
async def test_whoever_waits_for_a_letter_hears_that_it_did_not_arrive(desk: Desk) -> None:
    """At once where they are there, else when they come; until another code is asked for."""
    alice, bob = await desk.wire.join(ALICE), await desk.wire.join("bob@example.com")
    other = "alice@example.net"
    async with desk.wire.online(alice.gadgets[0]) as client, desk.wire.online(bob.gadgets[0]) as his:
        desk.mail.script.append("550 no such user")
        asked = desk.clock.now()
        await desk.start(client, other)
        pushed = (await client.take(frames.OwnAddresses)).held
        assert [(each.address, each.standing) for each in pushed] == [(ALICE, "claimed"), (other, "code_bounced")]
        assert pushed[1].since == asked
        assert await desk.lost(his) == {}
    async with desk.wire.online(alice.gadgets[0]) as client:
        assert [each.standing for each in client.addresses.held] == ["claimed", "code_bounced"]
        desk.pass_by(limits.CODE_AGAIN)
        desk.mail.script.extend(["451 later"] * (len(PAUSES) + 1))
        await desk.start(client, other)
        assert await desk.lost(client) == {}
        for tries, pause in enumerate(PAUSES, 2):
            due = desk.clock.now() + round(pause * 1000)
            await until(lambda due=due: due in [at for at, _ in desk.clock._sleepers])
            desk.clock.advance(pause)
            await until(lambda tries=tries: desk.mail.asked == tries + 1)
    async with desk.wire.online(alice.gadgets[0]) as client:
        await until_so(lambda: _lost(desk, client, {other: "code_not_delivered"}))
        desk.pass_by(limits.CODE_AGAIN)
        assert (await desk.proved(client, other)).outcome == "proved"
        assert await desk.lost(client) == {}


async def _lost(desk: Desk, client: WireClient, wanted: dict[str, str]) -> bool:
    return await desk.lost(client) == wanted


def table(folder: Path, **changes: object) -> dict[str, object]:
    secret = folder / "password"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    base = {"host": "mail.example.com", "from": "codes@example.com", "username": "me", "password_file": str(secret)}
    return {**base, **changes}


def test_settings_of_the_mail_server(tmp_path: Path) -> None:
    assert smtp.read({}) is None
    found = smtp.read(table(tmp_path))
    assert found is not None
    assert (found.port, found.at_once, found.password) == (587, False, "secret")
    assert found.tls is not None
    assert found.tls.verify_mode is ssl.CERT_REQUIRED
    assert "secret" not in repr(found)
    (tmp_path / "open").write_text("secret")
    (tmp_path / "open").chmod(0o644)
    for name, value in {
        "security": "none", "port": 0, "host": "", "from": "+12025550100", "password": "secret", "ca_file": "/nowhere",
        "password_file": str(tmp_path / "open"),
    }.items():  # fmt: skip
        with pytest.raises(errors.GiveUp) as caught:
            smtp.read(table(tmp_path, **{name: value}))
        assert caught.value.detail == f"smtp.{name}"
    assert smtp.read({"host": "127.0.0.1", "from": "codes@example.com", "security": "none"}) is not None


def test_limits_of_codes_are_read_strictly() -> None:
    assert Rules.read({"codes_a_day": 3}).codes_a_day == 3
    for name, value in (("codes_a_week", 1), ("codes_a_day", "5"), ("codes_a_day", True), ("codes_a_day", -1)):
        with pytest.raises(errors.GiveUp) as caught:
            Rules.read({name: value})
        assert caught.value.detail == f"codes.{name}"


def test_a_code_in_words() -> None:
    assert codes.text("123456", codes.PROVE, "relay.example.com").splitlines() == [
        "123456 is your Kingfisher code. Give it to nobody.", "@relay.example.com #123456",
    ]  # fmt: skip
    for host in ("192.0.2.1", "[2001:db8::1]", "localhost", "", "a" * 60 + "." + "b" * 60 + ".example.com"):
        assert codes.text("123456", codes.PROVE, host).splitlines()[-1].endswith("Give it to nobody.")
    assert "take this number away" in codes.text("123456", codes.LEAVE, "")
    assert len({codes.fresh() for _ in range(50)}) > 45
    one = codes.digest(b"s" * 32, b"a" * 32, b"k", codes.PROVE, "123456")
    others = [
        codes.digest(b"t" * 32, b"a" * 32, b"k", codes.PROVE, "123456"),
        codes.digest(b"s" * 32, b"b" * 32, b"k", codes.PROVE, "123456"),
        codes.digest(b"s" * 32, b"a" * 32, b"", codes.PROVE, "123456"),
        codes.digest(b"s" * 32, b"a" * 32, b"k", codes.LEAVE, "123456"),
        codes.digest(b"s" * 32, b"a" * 32, b"k", codes.PROVE, "123457"),
    ]
    assert len({one, *others}) == 6
    assert NUMBER not in repr(others)
