"""The gateways of a configuration file: each table of ``[gateways]`` read strictly, secrets from files alone."""

import os
import re
import ssl
import stat
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from app.common import clock, errors
from app.protocol import limits
from app.protocol.segments import Alphabet
from app.relay import config
from app.relay.texts import base, kannel, provider, smpp
from app.relay.texts.receipts import IdForm

SECRET: Final = 4_096  # octets of a file with a secret at most
SHORTEST: Final = 24  # characters of the secret in the path of calls
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,40}")
_PREFIX: Final = re.compile(r"\+[0-9]{0,6}")
_IN_PATH: Final = re.compile(r"[A-Za-z0-9_-]+")
_ALPHABETS: Final = {"gsm": Alphabet.GSM, "latin-1": Alphabet.LATIN_1}

T = TypeVar("T")
Described = smpp.Config | kannel.Config | provider.Config


def read(tables: Mapping[str, Any]) -> tuple[Described, ...]:
    """What ``[gateways.NAME]`` describe; GiveUp ``bad_config`` with the name of the first key that is wrong."""
    return tuple(_one(name, table) for name, table in tables.items())


def build(described: Sequence[Described], time: clock.Clock) -> tuple[base.Gateway, ...]:
    """The gateways themselves, not yet running."""
    return tuple(_build(one, time) for one in described)


def _build(one: Described, time: clock.Clock) -> base.Gateway:
    match one:
        case smpp.Config():
            return smpp.SmppGateway(one, time)
        case kannel.Config():
            return kannel.KannelGateway(one, time)
        case provider.Config():
            return provider.ProviderGateway(one, time)


def _one(name: str, table: object) -> Described:
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise errors.GiveUp("bad_config", f"gateways.{name[:32]}")
    keys = _Keys(name, cast(dict[str, Any], table))
    match keys.text("kind"):
        case "kannel":
            found = _kannel(keys)
        case "smpp":
            found = _smpp(keys)
        case "provider":
            found = _provider(keys)
        case _:
            raise keys.wrong("kind")
    keys.end()
    return found


def _kannel(keys: "_Keys") -> kannel.Config:
    return kannel.Config(
        name=keys.name,
        url=keys.url("url"),
        username=keys.text("username"),
        password=keys.secret("password_file"),
        sources=keys.numbers(),
        callback=keys.url("callback"),
        secret=keys.secret("callback_secret_file", in_path=True),
        bare_prefix=keys.prefix(),
    )


def _provider(keys: "_Keys") -> provider.Config:
    url = keys.url("url")
    if not url.endswith(provider.MESSAGES) or urllib.parse.urlsplit(url).path == provider.MESSAGES:
        raise keys.wrong("url")
    password = keys.secret("password_file")
    return provider.Config(
        name=keys.name,
        url=url,
        username=keys.text("username"),
        password=password,
        sources=keys.numbers(),
        callback=keys.url("callback"),
        secret=keys.secret("callback_secret_file", in_path=True),
        signing_key=keys.secret("signing_key_file") if keys.has("signing_key_file") else password,
        mms_octets=keys.whole("mms_octets", 0, limits.MMS, least=0),
        mms_types=keys.types("mms_types", provider.MMS_TYPES),
    )


def _smpp(keys: "_Keys") -> smpp.Config:
    try:
        return smpp.Config(
            name=keys.name,
            host=keys.text("host"),
            port=keys.whole("port", 2775, 65_535),
            system_id=keys.text("system_id"),
            password=keys.secret("password_file"),
            sources=keys.numbers(),
            tls=keys.tls(),
            system_type=keys.text("system_type", ""),
            window=keys.whole("window", 10, 1_000),
            per_second=float(keys.whole("segments_a_second", 0, 10_000, least=0)),
            alphabet=keys.one_of("alphabet", _ALPHABETS, Alphabet.GSM),
            id_form=keys.one_of("message_ids", {form.value: form for form in IdForm}, IdForm.SAME),
            bare_prefix=keys.prefix(),
        )
    except errors.Malformed:  # too long for its field in a bind
        raise keys.wrong("system_id, system_type or password_file") from None


class _Keys:
    """The keys of one table; those that nobody asked for are wrong."""

    def __init__(self, name: str, table: dict[str, Any]) -> None:
        self.name = name
        self._table = table
        self._asked: set[str] = set()

    def wrong(self, key: str) -> errors.GiveUp:
        return errors.GiveUp("bad_config", f"gateways.{self.name}.{key}")

    def end(self) -> None:
        for key in self._table.keys() - self._asked:
            raise self.wrong(key[:64])

    def has(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str, usual: str | None = None) -> str:
        self._asked.add(key)
        value = self._table.get(key, usual)
        if not isinstance(value, str) or not (value or usual == "") or not value.isprintable():
            raise self.wrong(key)
        return value

    def whole(self, key: str, usual: int, most: int, least: int = 1) -> int:
        self._asked.add(key)
        value = self._table.get(key, usual)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(key)
        return value

    def one_of(self, key: str, known: Mapping[str, T], usual: T) -> T:
        if key not in self._table:
            return usual
        found = known.get(self.text(key))
        if found is None:
            raise self.wrong(key)
        return found

    def numbers(self) -> tuple[str, ...]:
        self._asked.add("numbers")
        given = self._table.get("numbers")
        values = cast(list[object], given) if isinstance(given, list) else []
        found = tuple(value for value in values if isinstance(value, str) and _NUMBER.fullmatch(value))
        if not found or len(found) != len(values) or len(set(found)) != len(found):
            raise self.wrong("numbers")
        return found

    def types(self, key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        self._asked.add(key)
        given: object = self._table.get(key, list(usual))
        values = cast(list[object], given) if isinstance(given, list) else []
        found = tuple(value for value in values if isinstance(value, str) and _TYPE.fullmatch(value))
        if not 0 < len(found) <= limits.MMS_TYPES or len(found) != len(values):
            raise self.wrong(key)
        return found

    def prefix(self) -> str:
        found = self.text("bare_prefix", "+")
        if not _PREFIX.fullmatch(found):
            raise self.wrong("bare_prefix")
        return found

    def url(self, key: str) -> str:
        """Without TLS only to the machine itself: passwords and texts travel there."""
        written = self.text(key)
        try:
            found = urllib.parse.urlsplit(written)
            host, _ = found.hostname or "", found.port
        except ValueError:
            raise self.wrong(key) from None
        safe = found.scheme == "https" or (found.scheme == "http" and config.is_loopback(host))
        if not safe or not host or found.username or found.query or found.fragment:
            raise self.wrong(key)
        return written

    def tls(self) -> ssl.SSLContext | None:
        self._asked.update(("tls", "ca_file"))
        wanted = self._table.get("tls", True)
        if not isinstance(wanted, bool):
            raise self.wrong("tls")
        if not wanted:
            return None
        try:
            return ssl.create_default_context(cafile=self.text("ca_file") if "ca_file" in self._table else None)
        except OSError:  # ssl.SSLError is one
            raise self.wrong("ca_file") from None

    def secret(self, key: str, *, in_path: bool = False) -> str:
        """The first line of a file that nobody but its owner may read."""
        path = Path(self.text(key))
        try:
            with path.open("rb") as opened:
                shut = os.name != "posix" or not stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077
                lines = opened.read(SECRET).decode().splitlines()
        except (OSError, ValueError):
            raise self.wrong(key) from None
        found = lines[0].strip() if lines else ""
        long_enough = len(found) >= SHORTEST and _IN_PATH.fullmatch(found) if in_path else found
        if not shut or not long_enough or not (found.isascii() and found.isprintable()):
            raise self.wrong(key)
        return found
