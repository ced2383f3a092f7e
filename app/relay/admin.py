"""What an owner does with a relay's folder, running or not: invite, list accounts, look, stop, verify what is kept."""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Protocol

from app.common import errors
from app.common.clock import SystemClock
from app.protocol import address, devices, invite, limits, signed
from app.relay import certificate, config, inviting, presence, registration, verification
from app.relay.folder import usable
from app.relay.store.base import Store
from app.relay.store.sqlite import engine

STOPPING: Final = 30.0  # seconds a drain may take

_SENTENCES: Final = {
    "bad_address": "that is not an address",
    "bad_certificate": "the certificate or its key cannot be read",
    "bad_config": "a setting is missing or wrong",
    "bad_key": "the relay's key file is damaged",
    "cannot_listen": "cannot listen there",
    "damaged_store": "the relay's store is damaged; restore the folder from a backup",
    "never_served": "this relay has not been started yet, so nobody knows its addresses; name one with --host",
    "newer_version": "a later version of the relay wrote this folder",
    "not_stopped": "the relay has not ended; look at its log",
    "no_account": "nobody is registered under that address",
    "no_relay": "there is no relay in that folder",
    "running_already": "another relay is running on that folder",
    "unusable_folder": "the relay's folder cannot be used; look at its owner, its permissions and the disk",
}


def sentence(error: errors.KingfisherError) -> str:
    """Words for the person at the terminal."""
    words = _SENTENCES.get(error.code, error.code.replace("_", " "))
    return f"{words} ({error.detail})" if error.detail else words


class Commands(Protocol):
    """What argparse gives for sub-commands."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...


def add_commands(commands: Commands) -> None:
    """`invite`, `accounts`, `texts`, `verify`, `status` and `stop`."""
    inviting = commands.add_parser("invite", help="print an invite link: single use, good for seven days")
    inviting.add_argument("--host", action="append", default=[], metavar="HOST", help="where clients reach the relay")
    inviting.add_argument("--from", dest="inviter", metavar="ADDRESS", help="who invites; the two are accepted at once")
    _add(inviting, _invite)
    _add(
        commands.add_parser("accounts", help="list accounts with their addresses and devices, as JSON lines"), _accounts
    )
    _add(commands.add_parser("texts", help="print how the gateways stand and what waits for them, as JSON"), _texts)
    _add(commands.add_parser("verify", help="check what is stored, down to every signature"), _verify)
    looking = commands.add_parser("status", help="print whether it runs, where, its accounts and its size, as JSON")
    looking.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="until it listens, so long at most")
    _add_plain(looking, _status)
    stopping = commands.add_parser("stop", help="drain the relay that runs on the folder, and wait for its end")
    stopping.add_argument("--wait", type=float, default=STOPPING, metavar="SECONDS", help="so long at most")
    _add_plain(stopping, _stop)


Work = Callable[[argparse.Namespace], Coroutine[Any, Any, int]]


def _add(
    parser: argparse.ArgumentParser, work: Callable[[argparse.Namespace, Store], Coroutine[Any, Any, int]]
) -> None:
    def opened(parsed: argparse.Namespace) -> Coroutine[Any, Any, int]:
        return _with_store(parsed, work)

    _add_plain(parser, opened)


def _add_plain(parser: argparse.ArgumentParser, work: Work) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the relay's folder")

    def run(parsed: argparse.Namespace) -> int:
        return asyncio.run(work(parsed))

    parser.set_defaults(run=run)


async def _with_store(
    parsed: argparse.Namespace, work: Callable[[argparse.Namespace, Store], Coroutine[Any, Any, int]]
) -> int:
    if not _stored(parsed.data):
        raise errors.GiveUp("no_relay")
    os.umask(0o077)
    store = engine.open_store(parsed.data, lambda error: None)
    try:
        return await work(parsed, store)
    finally:
        await store.lifetime.close(None)


def _stored(folder: Path) -> bool:
    """Whether a relay was ever started there."""
    with usable(folder):
        return (folder / engine.FILE).exists()


async def _status(parsed: argparse.Namespace) -> int:
    """One JSON object; ``urls`` are where it says it is reached, or said last."""
    found = await presence.await_listening(parsed.data, parsed.wait, SystemClock())
    urls, accounts = await _told(parsed.data) if _stored(parsed.data) else ((), 0)
    answer = {
        "running": found is not None,
        "listening": found.url if found is not None else "",
        "since": found.since if found is not None else 0,
        "urls": urls,
        "accounts": accounts,
        "bytes": _size(parsed.data),
    }
    print(json.dumps(answer))
    return 0


async def _told(folder: Path) -> tuple[tuple[str, ...], int]:
    """Its addresses and how many accounts it has."""
    store = engine.open_store(folder, lambda error: None)
    try:
        return store.lifetime.urls(), sum(1 for _ in store.directory.everyone())
    finally:
        await store.lifetime.close(None)


def _size(folder: Path) -> int:
    """Bytes of all its files; one that goes away meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


async def _stop(parsed: argparse.Namespace) -> int:
    if not await presence.stop(parsed.data, parsed.wait, SystemClock()):
        raise errors.AgainLater("not_stopped")
    return 0


async def _invite(parsed: argparse.Namespace, store: Store) -> int:
    found = _invite_urls(parsed.host, store.lifetime.urls())
    inviter = b""
    if parsed.inviter is not None:
        wanted = address.parse(parsed.inviter)
        chain = store.directory.find(registration.hash_address(await store.lifetime.secret(), wanted.text))
        if chain is None:
            raise errors.GiveUp("no_account")
        inviter = chain.account
    secret = secrets.token_bytes(inviting.SECRET_SIZE)
    await store.directory.add_invite(verification.hash_secret(secret), inviter, SystemClock().now() + limits.INVITE)
    public = signed.public_of(certificate.relay_seed(parsed.data))
    print(invite.link(invite.Invite(public, found, secret, inviter)))
    return 0


def _invite_urls(hosts: list[str], remembered: tuple[str, ...]) -> tuple[str, ...]:
    """The named hosts with the relay's scheme and port, else where it said it is reached."""
    if not hosts:
        if not remembered:
            raise errors.GiveUp("never_served")
        return remembered
    scheme, port = "https", 443
    if remembered:
        scheme, _, rest = remembered[0].partition("://")
        tail = rest.rpartition(":")[2]
        port = int(tail) if tail.isascii() and tail.isdigit() else 443 if scheme == "https" else 80
    found: list[str] = []
    for host in hosts:
        if "://" in host:
            found.append(invite.check_url(host))
        else:
            found.append(
                config.url(
                    "http" if config.is_loopback(host.partition(":")[0]) and scheme == "http" else "https", host, port
                )
            )
    return tuple(found[:16])


async def _accounts(parsed: argparse.Namespace, store: Store) -> int:
    for name, addresses in store.directory.everyone():
        stored = store.directory.account(name)
        if stored is not None:
            print(json.dumps({"account": name.hex(), "addresses": addresses, "devices": len(stored.devices)}))
    return 0


async def _texts(parsed: argparse.Namespace, store: Store) -> int:
    """One JSON object; a relay that does not run has no links, however they stood last."""
    running = await presence.await_listening(parsed.data, 0, SystemClock()) is not None
    found = store.texts.out.overview()
    links = [
        {"gateway": gateway, "state": state if running else "down", "detail": detail, "since": since}
        for gateway, state, detail, since in store.texts.numbers.links()
    ]
    answer = {
        "running": running,
        "links": links,
        "waiting": found["waiting"],
        "oldest": found["since"],
        "handing": found["handing"],
        "unknown": found["unknown"],
        "receipts": found["receipts"],
        "incoming": len(store.texts.incoming.open_sets()),
    }
    print(json.dumps(answer))
    return 0


async def _verify(parsed: argparse.Namespace, store: Store) -> int:
    """Every chain from its root, as a client would check it, and the file itself; prints what does not hold."""
    relay = signed.relay_id(signed.public_of(certificate.relay_seed(parsed.data)))
    wrong = [{"store": line} for line in store.lifetime.check()]
    checked = 0
    for name, _ in store.directory.everyone():
        chain = store.directory.chain(name)
        checked += 1
        try:
            if chain is None:
                raise errors.Broken("damaged")
            head = devices.verify_chain(relay, name, [signed.unpack(item) for item in chain.lists])
            devices.verify_freshness(head, signed.unpack(chain.freshness))
        except errors.KingfisherError as error:
            wrong.append({"account": name.hex(), "code": error.code})
    for line in wrong:
        print(json.dumps(line))
    print(json.dumps({"accounts": checked, "wrong": len(wrong)}))
    return 1 if wrong else 0
