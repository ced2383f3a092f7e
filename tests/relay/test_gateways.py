"""Gateways as the operator writes them, and what is said of each mistake."""

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.common import clock, errors
from app.protocol.segments import Alphabet
from app.relay import config, gateways
from app.relay.texts import kannel, provider, smpp
from app.relay.texts.base import Kind
from app.relay.texts.receipts import IdForm
from tests.parts.private import private

FILE = """
listen = "127.0.0.1:0"
data = "{folder}/relay"

[gateways.north]
kind = "kannel"
url = "http://127.0.0.1:13013/cgi-bin/sendsms"
username = "relay"
password_file = "{folder}/password"
numbers = ["+12025550100", "54321", "KINGFISHER"]
callback = "http://127.0.0.1:8800"
callback_secret_file = "{folder}/secret"
bare_prefix = "+1"

[gateways.west]
kind = "provider"
url = "https://api.example.com/2010-04-01/Accounts/AC1/Messages.json"
username = "AC1"
password_file = "{folder}/password"
numbers = ["+12025550102"]
callback = "https://relay.example.com"
callback_secret_file = "{folder}/secret"

[gateways.south-2]
kind = "smpp"
host = "smsc.example.com"
system_id = "relay"
password_file = "{folder}/short"
numbers = ["+12025550101"]
window = 4
segments_a_second = 20
alphabet = "latin-1"
message_ids = "{form}"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name, words in {
        "password": "a password\n",
        "short": "secret1\n",
        "secret": "0123456789abcdef-ABCDEF_x\n",
    }.items():
        private(tmp_path / name, words)
    written = tmp_path / "relay.toml"
    written.write_text(FILE.format(folder=tmp_path.as_posix(), form=list(IdForm)[-1].value))
    return written


def test_all_kinds(file: Path) -> None:
    given = config.read(file, {}, listen=None, data=None, open_door=None)
    north, west, south = gateways.read(given.gateways)
    assert north == kannel.Config(
        "north",
        "http://127.0.0.1:13013/cgi-bin/sendsms",
        "relay",
        "a password",
        ("+12025550100", "54321", "KINGFISHER"),
        "http://127.0.0.1:8800",
        "0123456789abcdef-ABCDEF_x",
        "+1",
    )
    assert isinstance(west, provider.Config) and west.signing_key == west.password == "a password"
    assert (west.url[-14:], west.sources, west.secret) == ("/Messages.json", ("+12025550102",), north.secret)
    assert "a password" not in repr(west) and west.secret not in repr(west)
    assert isinstance(south, smpp.Config) and south.tls is not None and south.tls.check_hostname
    assert (south.host, south.port, south.password, south.sources) == (
        "smsc.example.com", 2775, "secret1", ("+12025550101",),
    )  # fmt: skip
    assert (south.window, south.per_second, south.alphabet) == (4, 20.0, Alphabet.LATIN_1)
    assert south.id_form is list(IdForm)[-1]
    built = gateways.build((north, west, south), clock.SystemClock())
    assert [one.name for one in built] == ["north", "west", "south-2"]
    assert "password" not in repr(given.gateways["north"]["url"]) and "a password" not in repr(north) + repr(south)


def test_pictures_are_carried_only_where_the_operator_says_so(file: Path) -> None:
    tables = tomllib.loads(file.read_text())["gateways"]
    (plain,) = gateways.build(gateways.read({"west": tables["west"]}), clock.SystemClock())
    assert plain.capabilities.kinds == {Kind.SMS} and plain.capabilities.mms_octets == 0
    tables["west"] |= {"mms_octets": 600_000}
    (usual,) = gateways.build(gateways.read({"west": tables["west"]}), clock.SystemClock())
    assert usual.capabilities.kinds == {Kind.SMS, Kind.MMS} and usual.capabilities.mms_fetched
    assert usual.capabilities.mms_octets == 600_000 and "image/jpeg" in usual.capabilities.mms_types
    tables["west"] |= {"mms_types": ["image/gif"]}
    (few,) = gateways.build(gateways.read({"west": tables["west"]}), clock.SystemClock())
    assert few.capabilities.mms_types == {"image/gif"}


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("north", "kind", "pigeon"),
        ("north", "kind", None),
        ("north", "url", "http://gateway.example.com/sendsms"),
        ("north", "url", "http://relay:secret@127.0.0.1/sendsms"),
        ("north", "url", "ftp://127.0.0.1/"),
        ("north", "username", 5),
        ("north", "password", "in the open"),
        ("north", "password_file", "/nowhere/at/all"),
        ("north", "callback_secret_file", "{folder}/password"),
        ("north", "callback", "127.0.0.1:8800"),
        ("north", "numbers", []),
        ("north", "numbers", ["+12025550100", "+12025550100"]),
        ("north", "numbers", ["+1 202 555 0100"]),
        ("north", "bare_prefix", "1"),
        ("west", "url", "https://api.example.com/Messages.json"),
        ("west", "url", "https://api.example.com/AC1"),
        ("west", "signing_key_file", "/nowhere/at/all"),
        ("west", "callback", "http://relay.example.com"),
        ("west", "bare_prefix", "+1"),
        ("west", "mms_octets", 2_000_000),
        ("west", "mms_octets", "600 KB"),
        ("west", "mms_types", []),
        ("west", "mms_types", ["image/jpeg\r\nX: y"]),
        ("west", "mms_types", "image/jpeg"),
        ("south-2", "mms_octets", 600_000),
        ("south-2", "port", 70_000),
        ("south-2", "port", True),
        ("south-2", "tls", "yes"),
        ("south-2", "ca_file", "/nowhere/at/all"),
        ("south-2", "alphabet", "klingon"),
        ("south-2", "message_ids", "roman"),
        ("south-2", "window", 0),
        ("south-2", "per_second", 20),
    ],
)
def test_what_is_wrong_is_named(file: Path, name: str, key: str, value: Any) -> None:
    tables = tomllib.loads(file.read_text())["gateways"]
    if value is None:
        del tables[name][key]
    else:
        tables[name][key] = value.format(folder=file.parent) if isinstance(value, str) else value
    with pytest.raises(errors.GiveUp) as wrong:
        gateways.read(tables)
    assert (wrong.value.code, wrong.value.detail) == ("bad_config", f"gateways.{name}.{key}")


@pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX")
def test_a_secret_that_others_may_read(file: Path) -> None:
    (file.parent / "password").chmod(0o640)
    with pytest.raises(errors.GiveUp) as wrong:
        gateways.read(tomllib.loads(file.read_text())["gateways"])
    assert wrong.value.detail == "gateways.north.password_file"


@pytest.mark.parametrize("name", ["North", "a/b", "", "x" * 33])
def test_names_stand_in_paths(file: Path, name: str) -> None:
    tables = tomllib.loads(file.read_text())["gateways"]
    with pytest.raises(errors.GiveUp):
        gateways.read({name: tables["north"]})
    with pytest.raises(errors.GiveUp):
        gateways.read({"north": "a text"})
