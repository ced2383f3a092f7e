"""The life of the relay's process: drains, kills, what lies in its folder, and what it tells of people (nothing)."""

import asyncio
import json
import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.common.clock import ManualClock
from app.protocol import frames, invite, limits, login, requests, signed
from app.protocol.devices import KeyKind
from app.relay import config
from tests.parts import relay as relays
from tests.parts.relay import Inside, Relay
from tests.parts.wire_client import ACCEPTED, Wire, now, submit_to


async def test_a_drain_finishes_what_was_promised_and_says_goodbye(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        a, b = await wire.connect(alice.gadgets[0]), await wire.connect(bob.gadgets[0])
        await b.send(frames.Relation(alice.account, ACCEPTED))
        await b.settle()
        submits = [submit_to(bob, text=b"%d" % number) for number in range(200)]
        await a.send(*submits)
        stopping = asyncio.ensure_future(relay.stop())
        said = await a.closed()
        assert any(isinstance(frame, frames.Drain) for frame in said)
        assert await stopping == 0
        accepted = {item.submit for frame in said if isinstance(frame, frames.Accepted) for item in frame.items}
        put_off = {f.submit for f in said if isinstance(f, frames.Refused) and f.code == "draining"}
        assert accepted.isdisjoint(put_off)
        await relay.start()
        async with wire.online(bob.gadgets[0]) as b:
            entries = await b.deliver(len(accepted))
            assert {entry.submit for entry in entries} == accepted


async def test_whatever_was_accepted_is_there_after_a_kill(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        async with wire.online(bob.gadgets[0]) as b:
            await b.send(frames.Relation(alice.account, ACCEPTED))
            await b.settle()
        submits = [submit_to(bob, text=b"%d" % number) for number in range(300)]
        expected: list[bytes] = []
        for start in range(0, 300, 100):
            a = await wire.connect(alice.gadgets[0])
            await a.send(*submits[start : start + 100])
            first = await a.take(frames.Accepted)
            await relay.kill()
            said = [first, *(f for f in await a.closed() if isinstance(f, frames.Accepted))]
            expected += [item.submit for frame in said for item in frame.items]
            await relay.start()
        async with wire.online(alice.gadgets[0]) as a:  # retries, under the same ids
            await a.send(*submits)
            await a.accepted(*(submit.submit for submit in submits))
        async with wire.online(bob.gadgets[0]) as b:
            entries = await b.deliver(300)
            got = [entry.submit for entry in entries]
            assert len(set(got)) == 300
            assert set(expected) <= set(got)
            assert await b.settle() == [frames.CaughtUp()]


async def test_no_relay_beside_a_running_one(relay: Relay) -> None:
    second = Relay(relay.data)
    with pytest.raises(AssertionError, match="another relay is running"):
        await second.start()


async def test_the_folder_and_what_lies_in_it_are_its_owners(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        await wire.join("alice@example.com")
        assert stat.S_IMODE(relay.data.stat().st_mode) == 0o700
        for file in relay.data.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_health_version_join_and_metrics(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        async with wire.session.get(relay.url + limits.HEALTH_PATH) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with wire.session.get(relay.url + limits.VERSION_PATH) as answer:
            assert (await answer.json())["protocol"] == limits.VERSION
        async with wire.session.get(relay.url + limits.JOIN_PATH) as answer:
            assert "Open this link in Kingfisher" in await answer.text()
            assert "script" not in await answer.text()
        async with wire.session.get(relay.url + limits.METRICS_PATH) as answer:
            assert "kingfisher_connections" in await answer.text()


async def test_metrics_with_a_token(tmp_path: Path) -> None:
    async with relays.inside(tmp_path / "relay", metrics_token="secret") as inside, Wire(inside.url) as wire:
        for headers, status in (
            ({}, 403),
            ({"Authorization": "Bearer wrong"}, 403),
            ({"Authorization": "Bearer secret"}, 200),
        ):
            async with wire.session.get(inside.url + limits.METRICS_PATH, headers=headers) as answer:
                assert answer.status == status


async def test_nothing_about_people_in_logs_metrics_or_mail(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice.hidden@example.com"), await wire.join("bob.hidden@example.com")
        text = b"marked " + secrets.token_hex(8).encode()
        async with wire.online(alice.gadgets[0]) as a:
            await a.send(frames.Lookup(1, "bob.hidden@example.com"), frames.Lookup(2, "nobody.hidden@example.com"))
            await a.take_many(frames.Found, 2)
            await a.send(submit := submit_to(bob, text=text), submit_to(bob, order=now() * 2))
            await a.accepted(submit.submit)
            await a.socket.send_bytes(b"\xc1" + alice.address.encode())
            await a.settle()
        assert (await wire.refused("POST", limits.ACCOUNTS_PATH, b"\x91" + alice.address.encode()))[0] == "malformed"
        async with wire.session.get(relay.url + limits.METRICS_PATH) as answer:
            told = await answer.text()
        await relay.stop()
        told += relay.log.read_text()
        for person in (alice, bob):
            for secret in (person.address, person.account.hex(), person.device.hex(), repr(person.account)[2:-1]):
                assert secret not in told
        assert "hidden" not in told
        # An address lies in the directory's table alone, the one that was only asked for lies nowhere.
        stored = b"".join(file.read_bytes() for file in relay.data.iterdir())
        assert stored.count(b"nobody.hidden") == 0
        assert b"bob.hidden@example.com" in stored


async def test_expired_mail_is_erased_and_its_sender_told(tmp_path: Path) -> None:
    time = ManualClock(now())
    async with relays.inside(tmp_path / "relay", time) as inside, Wire(inside.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com", gadgets=2)
        async with wire.online(alice.gadgets[0]) as a:
            lost, fetched = submit_to(bob, order=time.now()), submit_to(bob, order=time.now())
            await a.send(lost)
            await a.accepted(lost.submit)
            async with wire.online(bob.gadgets[0]) as b:
                await a.send(fetched)
                await a.accepted(fetched.submit)
                entries = await b.take_many(frames.Deliver, 2)
                await b.send(frames.Ack((entries[1].entry,)))
                await b.settle()
        time.advance(limits.RETENTION / 1000 - 1)
        await inside.relay._upkeep.turn()
        async with wire.online(bob.gadgets[1]) as b:
            assert len([f for f in await b.settle() if isinstance(f, frames.Deliver)]) == 2
        async with wire.online(alice.gadgets[0]) as a:
            time.advance(10)
            await inside.relay._upkeep.sweep(time.now())
            assert (await a.take(frames.Expired)).submits == (lost.submit,)
        async with wire.online(alice.gadgets[0]) as a:
            assert (await a.take(frames.Expired)).submits == (lost.submit,)
            await a.send(lost)  # a known id
            await a.accepted(lost.submit)
        for gadget in bob.gadgets:
            async with wire.online(gadget) as b:
                assert await b.settle() == [frames.CaughtUp()]
        account = inside.relay.accounts.get(bob.account, time.now())
        assert account is not None
        assert [device.box.entries for device in account.devices.values()] == [0, 0]


async def test_off_loopback_there_is_tls_and_the_login_names_the_leaf(tmp_path: Path) -> None:
    async with relays.inside(tmp_path / "relay", listen_host="0.0.0.0") as inside:
        port = inside.url.rpartition(":")[2]
        assert inside.url.startswith("https://")
        async with Wire(f"https://127.0.0.1:{port}") as wire:
            alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
            async with wire.online(alice.gadgets[0]) as a, wire.online(bob.gadgets[0]) as b:
                await a.send(submit_to(bob, text=bytes(30_000)))
                await b.deliver()
            client, hello = await wire.hello()
            _, body = login.verify_hello(hello.statement, client.leaf, hello.now, wire.relay)
            assert body.urls == (f"https://127.0.0.1:{port}",)
            client.leaf = secrets.token_bytes(32)  # somebody in between has another certificate
            await client.send(wire.login_frame(client, hello, bob.gadgets[0]))
            assert (await client.take(frames.Refused)).code == "bad_signature"
            client, hello = await wire.hello()
            client.leaf = login.PLAIN_LEAF
            await client.send(wire.login_frame(client, hello, bob.gadgets[0]))
            assert (await client.take(frames.Refused)).code == "bad_signature"


async def test_the_program_over_tls_with_an_invite(tmp_path: Path) -> None:
    relay = Relay(tmp_path / "relay", "0.0.0.0:0", open_registration=False)
    settings = tmp_path / "relay.toml"
    settings.write_text('announce = false\nhosts = ["relay.example.com"]\n[limits]\nlookups_a_day = 7\n')
    relay.arguments = ("--config", str(settings))
    await relay.start()
    port = int(relay.url.rpartition(":")[2])
    link = invite.parse(await relay.invite())
    assert link.urls == (f"https://relay.example.com:{port}",)
    other = invite.parse(await relay.invite("--host", "192.0.2.7", "--host", "relay.example.org:9443"))
    assert other.urls == (f"https://192.0.2.7:{port}", "https://relay.example.org:9443")
    async with Wire(f"https://127.0.0.1:{port}") as wire:
        assert signed.relay_id(link.relay_public) == wire.relay
        bob = await wire.join("bob@example.com", invite=link.secret)
        async with wire.hello_as(bob) as welcome:
            assert welcome.limits["lookups_a_day"] == 7
    before = (relay.data / "certificate.pem").read_bytes()
    assert await relay.stop() == 0
    await relay.start()
    assert (relay.data / "certificate.pem").read_bytes() == before
    await relay.stop()


async def test_accounts_and_verify(relay: Relay) -> None:
    async with Wire(relay.url) as wire:
        alice = await wire.join("alice@example.com", gadgets=2)
        async with wire.online(alice.gadgets[0]) as a:
            keys = requests.PutPrekeys((alice.prekey(KeyKind.ONE_TIME, b"1"),))
            await wire.send("PUT", limits.PREKEYS_PATH, keys, a.token)
            await wire.send("PUT", limits.LISTS_PATH, alice.next_list(alice.gadgets[:1]), a.token)
    code, out, _ = await relay.command("accounts")
    assert (code, json.loads(out)) == (
        0,
        {"account": alice.account.hex(), "addresses": ["alice@example.com"], "devices": 1},
    )
    code, out, _ = await relay.command("verify")
    assert (code, json.loads(out)) == (0, {"accounts": 1, "wrong": 0})
    await relay.stop()
    # Another key: every chain names another relay.
    (relay.data / "relay.key").write_text(secrets.token_hex(32))
    code, out, _ = await relay.command("verify")
    assert code == 1
    assert json.loads(out.splitlines()[0]) == {"account": alice.account.hex(), "code": "wrong_names"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("serve", "--listen", "nowhere"), "a setting is missing or wrong (listen)"),
        (("serve",), "a setting is missing or wrong (listen)"),
        (("serve", "--listen", "127.0.0.1:1", "--config", "/nonexistent"), "in the configuration file"),
        (("accounts",), "there is no relay in that folder"),
    ],
)
async def test_mistakes_are_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = await Relay(tmp_path / "none").command(*arguments)
    assert (code, out) == (1, "")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("made", "command", "words"),
    [
        ("", "serve", "folder cannot be used; look at its owner, its permissions and the disk"),
        ("", "status", "folder cannot be used"),
        ("lock/x", "serve", "folder cannot be used"),
        ("lock/x", "status", "folder cannot be used"),
        ("lock/x", "stop", "folder cannot be used"),
        ("relay.db/x", "serve", "folder cannot be used"),
        ("relay.db/x", "verify", "folder cannot be used"),
        ("relay.key/x", "serve", "folder cannot be used"),
        ("relay.db", "serve", "store is damaged; restore the folder from a backup"),
        ("relay.db", "invite", "store is damaged"),
        ("relay.db", "accounts", "store is damaged"),
        ("relay.db", "texts", "store is damaged"),
        ("relay.db", "verify", "store is damaged"),
        ("relay.db", "status", "store is damaged"),
    ],
)
async def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path, made: str, command: str, words: str) -> None:
    """Where a file is expected lies a folder, or the other way round; that stops root, too."""
    file = tmp_path / "relay" / made
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("no database\n" * 100)
    listening = ("--listen", "127.0.0.1:0") if command == "serve" else ()
    code, out, err = await Relay(tmp_path / "relay").command(command, *listening)
    assert (code, out) == (1, "")
    assert words in err
    assert len([line for line in err.splitlines() if line.startswith("kingfisher-relay: ")]) == 1
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to root")
@pytest.mark.parametrize(("mode", "command"), [(0o500, "serve"), (0, "status"), (0, "verify")])
async def test_a_folder_that_is_not_open_to_the_relay_is_said(tmp_path: Path, mode: int, command: str) -> None:
    folder = tmp_path / "relay"
    folder.mkdir()
    folder.chmod(mode)
    listening = ("--listen", "127.0.0.1:0") if command == "serve" else ()
    code, out, err = await Relay(folder).command(command, *listening)
    folder.chmod(0o700)
    assert (code, out) == (1, "")
    assert "folder cannot be used" in err
    assert "Traceback" not in err


def test_settings_come_from_line_environment_and_file(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text('listen = "127.0.0.1:1"\ndata = "/file"\nopen_registration = true\nmetrics_token = "t"\n')
    environment = {"KINGFISHER_RELAY_LISTEN": "127.0.0.1:2", "KINGFISHER_RELAY_OPEN_REGISTRATION": "no"}
    found = config.read(file, environment, listen=None, data=None, open_door=None)
    assert (found.listen_port, found.data, found.open_registration) == (2, Path("/file"), False)
    found = config.read(file, environment, listen="[::1]:3", data=tmp_path, open_door=True)
    assert (found.listen_host, found.listen_port, found.data) == ("::1", 3, tmp_path)
    assert (found.open_registration, found.loopback, found.metrics_token) == (True, True, "t")


async def test_a_full_disk_puts_new_messages_off(inside: Inside, wire: Wire) -> None:
    alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
    async with wire.online(alice.gadgets[0]) as a:
        await a.settle()
        inside.relay._upkeep.full = True
        submit = submit_to(bob)
        await a.send(submit)
        assert (await a.take(frames.Refused)).code == "store_full"
        inside.relay._upkeep.full = False
        await a.send(submit)
        await a.accepted(submit.submit)


async def test_a_store_that_fails_ends_the_relay_without_a_promise(tmp_path: Path) -> None:
    """Nothing is accepted that could not be written; the next start has another boot id."""
    python = ("-c", 'ulimit -f 1000; exec "$0" -m app.relay.server "$@"', sys.executable)  # in blocks of 512 bytes
    relay = await Relay(tmp_path / "relay", program=("sh", *python)).start()
    async with Wire(relay.url) as wire:
        alice, bob = await wire.join("alice@example.com"), await wire.join("bob@example.com")
        async with wire.online(bob.gadgets[0]) as b:
            await b.send(frames.Relation(alice.account, ACCEPTED))
            await b.settle()
        a = await wire.connect(alice.gadgets[0])
        boot, said = a.boot, list[frames.RelayFrame]()
        for _ in range(20):
            await a.send(submit_to(bob, text=bytes(60_000)))
        said = await a.closed()
        accepted = {item.submit for frame in said if isinstance(frame, frames.Accepted) for item in frame.items}
        assert len(accepted) < 20
        assert relay.process is not None
        assert await relay.process.wait() == 1
        relay.program = (sys.executable, "-m", "app.relay.server")
        await relay.start()
        async with wire.online(bob.gadgets[0]) as b:
            assert b.boot != boot
            got = {frame.submit for frame in await b.settle() if isinstance(frame, frames.Deliver)}
            assert accepted <= got
    await relay.stop()


def test_a_short_command_loads_no_server() -> None:
    """The window waits for these commands."""
    code = "import sys; import app.relay.server; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "app.relay.admin" in ran.stdout.split()
    assert not {"aiohttp", "zeroconf", "app.relay.serving"} & set(ran.stdout.split())
