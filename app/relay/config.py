"""The relay's settings: command line over environment over a TOML file over what is usual."""

import ipaddress
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from app.common import errors
from app.relay.code_limits import Rules as Codes
from app.relay.folder import usable
from app.relay.limits import Limits
from app.relay.texts.caps import Rules

PREFIX: Final = "KINGFISHER_RELAY_"
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FLAGS: Final = ("open_registration", "announce", "invites_by_people")


@dataclass(frozen=True, slots=True)
class Config:
    """Where to listen, where to keep things, and what is allowed.

    ``hosts`` are the names under which clients reach it, ``certificate`` and ``certificate_key`` PEM files, ``leaves``
    SHA-256 hashes (hex) of certificates a TLS proxy in front shows. ``listen_port`` 0 picks one. ``gateways`` are
    their tables as they were written, for ``gateways.read``; so is ``smtp``, for ``smtp.read``.
    """

    listen_host: str
    listen_port: int
    data: Path
    open_registration: bool = False
    hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    certificate_key: Path | None = None
    leaves: tuple[bytes, ...] = ()
    metrics_token: str = ""
    announce: bool = True
    limits: Limits = field(default_factory=Limits)
    texts: Rules = field(default_factory=Rules)
    gateways: Mapping[str, Any] = field(default_factory=dict[str, Any])
    codes: Codes = field(default_factory=Codes)
    smtp: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it; then there is no TLS."""
        return is_loopback(self.listen_host)


def is_loopback(host: str) -> bool:
    """Whether this names the machine itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def parse_listen(text: str) -> tuple[str, int]:
    """``HOST:PORT`` or ``[IPv6]:PORT``; GiveUp ``bad_config``."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise errors.GiveUp("bad_config", "listen")
    return host.strip("[]"), int(port)


def read(
    file: Path | None, environment: Mapping[str, str], *, listen: str | None, data: Path | None, open_door: bool | None
) -> Config:
    """Put the settings together; GiveUp ``bad_config`` with the name of what is wrong."""
    table = _table(file)
    for name in ("listen", "data", "metrics_token", *_FLAGS):
        value = environment.get(PREFIX + name.upper())
        if value is not None:
            table[name] = value.lower() in _TRUE if name in _FLAGS else value
    if listen is not None:
        table["listen"] = listen
    if open_door is not None:
        table["open_registration"] = open_door
    folder = data if data is not None else Path(_text(table, "data"))
    host, port = parse_listen(_text(table, "listen"))
    tls = _section(table, "tls")
    return Config(
        host,
        port,
        folder,
        _flag(table, "open_registration", usual=False),
        tuple(_texts(table, "hosts")),
        _path(tls, "certificate"),
        _path(tls, "key"),
        tuple(_hash(text) for text in _texts(tls, "proxy_leaves")),
        _text(table, "metrics_token", ""),
        _flag(table, "announce", usual=True),
        _caps(table),
        Rules.read(_section(table, "texts")),
        _section(table, "gateways"),
        Codes.read(_section(table, "codes")),
        _section(table, "smtp"),
    )


def _caps(table: dict[str, Any]) -> Limits:
    caps = Limits.read(_section(table, "limits"))
    return caps if _flag(table, "invites_by_people", usual=True) else replace(caps, invites_a_day=0)


def _table(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            return tomllib.load(opened)
    except (OSError, ValueError, RecursionError) as error:  # not TOML, or not even UTF-8
        raise errors.GiveUp("bad_config", f"{type(error).__name__} in the configuration file") from error


def _section(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise errors.GiveUp("bad_config", name)
    return cast(dict[str, Any], value)


def _text(table: Mapping[str, Any], name: str, usual: str | None = None) -> str:
    value = table.get(name, usual)
    if not isinstance(value, str):
        raise errors.GiveUp("bad_config", name)
    return value


def _flag(table: Mapping[str, Any], name: str, *, usual: bool) -> bool:
    value = table.get(name, usual)
    if not isinstance(value, bool):
        raise errors.GiveUp("bad_config", name)
    return value


def _texts(table: Mapping[str, Any], name: str) -> list[str]:
    value = table.get(name, [])
    if not isinstance(value, list):
        raise errors.GiveUp("bad_config", name)
    return [_text({name: item}, name) for item in cast(list[Any], value)]


def _path(table: Mapping[str, Any], name: str) -> Path | None:
    return Path(_text(table, name)) if name in table else None


def _hash(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise errors.GiveUp("bad_config", "tls.proxy_leaves")
    return found


def prepare_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone; GiveUp ``unusable_folder``."""
    with usable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)


def urls(config: Config, port: int, own_names: tuple[str, ...]) -> tuple[str, ...]:
    """Where clients find it: the configured hosts, else what it listens on; at most sixteen."""
    scheme = "http" if config.loopback and config.certificate is None and not config.leaves else "https"
    hosts = config.hosts or own_names
    return tuple(dict.fromkeys(url(scheme, host, port) for host in hosts))[:16]


def url(scheme: str, host: str, port: int) -> str:
    """One address; a host that brings its own port keeps it."""
    bare = host.strip("[]")
    if host.count(":") == 1:
        bare, _, own = host.partition(":")
        port = int(own) if own.isascii() and own.isdigit() else port
    if ":" in bare:
        bare = f"[{bare}]"
    usual = 443 if scheme == "https" else 80
    return f"{scheme}://{bare}" + (f":{port}" if port != usual else "")
