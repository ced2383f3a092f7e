"""Olm against libolm, the other implementation: stored messages everywhere, a live peer where Debian's package is."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vodozemac

from app.common.errors import Untrusted
from app.crypto import olm
from tests.crypto.vectors import read

SYSTEM_PYTHON = "/usr/bin/python3"


def raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def test_stored_first_messages_open_in_any_order():
    stored = read("libolm")
    live = vodozemac.Account.from_libolm_pickle(stored["bob_account"], stored["passphrase"].encode())
    account = olm.Account(live.curve25519_key.to_bytes(), live)
    assert account.identity == raw(stored["bob_identity"])
    alice = raw(stored["alice_identity"])
    for first in stored["first"]:
        bodies = [raw(body) for kind, body in first["messages"] if kind == olm.PREKEY_MESSAGE]
        assert {olm.session_id(body) for body in bodies} == {raw(first["session_id"])}
        account, session, plaintext = account.accept(alice, bodies[2])
        assert session.id == raw(first["session_id"])
        assert plaintext == b"third across two libraries"
        for body, text in ((bodies[0], b"first"), (bodies[1], b"second")):
            session, plaintext = session.decrypt(olm.PREKEY_MESSAGE, body)
            assert plaintext == text + b" across two libraries"
    one_time, fallback = (raw(first["messages"][0][1]) for first in stored["first"])
    with pytest.raises(Untrusted, match="undecryptable"):
        account.accept(alice, one_time)
    # Why first messages are looked up by their session: the library lets this one in again.
    assert account.accept(alice, fallback)[2] == b"first across two libraries"


def test_a_first_message_of_somebody_else_is_refused():
    stored = read("libolm")
    live = vodozemac.Account.from_libolm_pickle(stored["bob_account"], stored["passphrase"].encode())
    account = olm.Account(live.curve25519_key.to_bytes(), live)
    body = raw(stored["first"][0]["messages"][0][1])
    with pytest.raises(Untrusted, match="undecryptable"):
        account.accept(raw(stored["bob_identity"]), body)
    assert account.accept(raw(stored["alice_identity"]), body)[2] == b"first across two libraries"


def test_a_stored_session_goes_on():
    stored = read("libolm")
    live = vodozemac.Session.from_libolm_pickle(stored["bob_session"], stored["passphrase"].encode())
    session = olm.Session(raw(live.session_id), live)
    for n in (4, 0, 2, 1, 3):
        kind, body = stored["later"][n]
        session, plaintext = session.decrypt(kind, raw(body))
        assert plaintext == f"later {n}".encode()
        with pytest.raises(Untrusted, match="undecryptable"):
            session.decrypt(kind, raw(body))


class Peer:
    """libolm in a process of its own."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("libolm_peer.py")
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, call: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": call, **arguments}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def peer() -> Iterator[Peer]:
    present = (
        Path(SYSTEM_PYTHON).exists()
        and not subprocess.run([SYSTEM_PYTHON, "-c", "import olm"], capture_output=True, check=False).returncode
    )
    if not present:
        pytest.skip("Debian's python3-olm is not here")
    started = Peer()
    yield started
    started.close()


@pytest.mark.olm
@pytest.mark.parametrize("key", ["one_time", "fallback"])
def test_we_write_first_to_libolm(peer: Peer, key: str):
    keys = peer.ask("keys")
    public = keys["one_time"][0] if key == "one_time" else keys["fallback"]
    account = olm.new_account()
    session = account.start(raw(keys["identity"]), raw(public))
    session, kind, body = session.encrypt("grüß dich".encode())
    assert kind == olm.PREKEY_MESSAGE
    accepted = peer.ask("accept", identity=text_of(account.identity), body=text_of(body))
    assert accepted == {"session": text_of(session.id), "text": "grüß dich"}
    _converse(peer, session)


@pytest.mark.olm
def test_libolm_writes_first_to_us(peer: Peer):
    account, publics = olm.new_account().add_one_time_keys(3)
    identity = raw(peer.ask("keys")["identity"])
    name = peer.ask("start", identity=text_of(account.identity), key=text_of(publics[1]))["session"]
    kind, body = peer.ask("encrypt", session=name, text="first")["message"]
    assert kind == olm.PREKEY_MESSAGE
    assert olm.session_id(raw(body)) == raw(name)
    account, session, plaintext = account.accept(identity, raw(body))
    assert (session.id, plaintext) == (raw(name), b"first")
    _converse(peer, session)


def _converse(peer: Peer, session: olm.Session) -> None:
    """Turns, bursts and reordering, 240 messages."""
    name = text_of(session.id)
    for turn in range(12):
        burst = [peer.ask("encrypt", session=name, text=f"{turn}/{n}")["message"] for n in range(10)]
        for n in (9, 0, 5, 1, 2, 3, 4, 8, 7, 6):
            session, plaintext = session.decrypt(burst[n][0], raw(burst[n][1]))
            assert plaintext == f"{turn}/{n}".encode()
        ours: list[tuple[int, bytes]] = []
        for n in range(10):
            session, kind, body = session.encrypt(f"back {turn}/{n}".encode())
            ours.append((kind, body))
        for n in (9, 0, 5, 1, 2, 3, 4, 8, 7, 6):
            kind, body = ours[n]
            assert peer.ask("decrypt", session=name, message=[kind, text_of(body)])["text"] == f"back {turn}/{n}"
        _, pickled = session, session.dump()
        session = olm.Session(session.id, None, *pickled)
