"""Codes by e-mail: the ``[smtp]`` table of the configuration, and one message at a time to the server it names."""

import asyncio
import contextlib
import email.policy
import email.utils
import os
import secrets
import smtplib
import ssl
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from enum import Enum
from pathlib import Path
from typing import Any, Final

from app.common import errors
from app.common.clock import Clock
from app.protocol import address
from app.relay import config
from app.relay.addresses.codes import Letter

PATIENCE: Final = 20.0  # seconds for each answer of the server
SECRET: Final = 4_096  # octets of the password's file at most
NO_MAILBOX: Final = frozenset({550, 551, 553})  # RFC 5321, section 4.2.3
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_KEYS: Final = frozenset({"host", "port", "security", "username", "password_file", "from", "ca_file"})


class Sent(Enum):
    """What became of a message."""

    TAKEN = "taken"
    REFUSED = "refused"  # for good: there is no such mailbox
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Config:
    """A server for outgoing mail. ``tls`` None: nothing is encrypted, which is for this machine alone."""

    host: str
    port: int
    sender: str
    tls: ssl.SSLContext | None
    at_once: bool = False  # TLS from the first octet, not after STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)


def read(table: Mapping[str, Any]) -> Config | None:
    """What ``[smtp]`` says, or nothing without it; GiveUp ``bad_config`` with the name of what is wrong."""
    if not table:
        return None
    for name in table.keys() - _KEYS:
        raise _wrong(name[:64])
    security, host = _text(table, "security", "starttls"), _text(table, "host")
    if security not in _PORTS or (security == "none" and not config.is_loopback(host)):
        raise _wrong("security")
    port = table.get("port", _PORTS[security])
    if type(port) is not int or not 1 <= port <= 65_535:
        raise _wrong("port")
    try:
        sender = address.parse(_text(table, "from"))
    except errors.Malformed:
        raise _wrong("from") from None
    if sender.kind is not address.Kind.EMAIL:
        raise _wrong("from")
    username = _text(table, "username", "")
    return Config(
        host,
        port,
        sender.text,
        None if security == "none" else _tls(table),
        security == "tls",
        username,
        _password(_text(table, "password_file")) if username else "",
    )


def _wrong(name: str) -> errors.GiveUp:
    return errors.GiveUp("bad_config", f"smtp.{name}")


def _text(table: Mapping[str, Any], name: str, usual: str | None = None) -> str:
    value = table.get(name, usual)
    if not isinstance(value, str) or not (value or usual == "") or not value.isprintable():
        raise _wrong(name)
    return value


def _tls(table: Mapping[str, Any]) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=_text(table, "ca_file") if "ca_file" in table else None)
    except OSError:  # ssl.SSLError is one
        raise _wrong("ca_file") from None


def _password(path: str) -> str:
    """The first line of a file that nobody but its owner may read."""
    try:
        with Path(path).open("rb") as opened:
            shut = os.name != "posix" or not stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077
            lines = opened.read(SECRET).decode().splitlines()
    except (OSError, ValueError):
        raise _wrong("password_file") from None
    if not lines or not lines[0].strip() or not shut:
        raise _wrong("password_file")
    return lines[0].strip()


class Mail:
    """Sends letters; each over a connection of its own, on a thread, for servers are slow to answer."""

    def __init__(self, settings: Config, time: Clock) -> None:
        self._config = settings
        self._clock = time

    async def send(self, to: str, letter: Letter) -> Sent:
        """``to`` is an address in its normal form; anything else never gets here (ValueError)."""
        message = self._message(to, letter)
        return await asyncio.to_thread(_hand_over, self._config, message, to)

    def _message(self, to: str, letter: Letter) -> EmailMessage:
        if address.normal(to).kind is not address.Kind.EMAIL:
            raise ValueError("not an e-mail address")
        message = EmailMessage(email.policy.SMTP)
        message["From"] = self._config.sender
        message["To"] = to
        message["Subject"] = letter.subject
        message["Date"] = email.utils.format_datetime(datetime.fromtimestamp(self._clock.now() / 1000, UTC))
        message["Message-ID"] = f"<{secrets.token_hex(16)}@{self._config.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
        message.set_content(letter.body)
        return message


def _hand_over(settings: Config, message: EmailMessage, to: str) -> Sent:
    """Runs on a thread."""
    try:
        server = _open(settings)
    except (smtplib.SMTPException, OSError):
        return Sent.LATER
    try:
        if settings.tls is not None and not settings.at_once:
            server.starttls(context=settings.tls)
        if settings.username:
            server.login(settings.username, settings.password)
        server.send_message(message, settings.sender, [to])
        with contextlib.suppress(smtplib.SMTPException, OSError):  # it was taken, whatever comes now
            server.quit()
    except smtplib.SMTPRecipientsRefused as error:
        return Sent.REFUSED if all(code in NO_MAILBOX for code, _ in error.recipients.values()) else Sent.LATER
    except (smtplib.SMTPException, OSError):
        return Sent.LATER
    finally:
        server.close()
    return Sent.TAKEN


def _open(settings: Config) -> smtplib.SMTP:
    name = settings.sender.rpartition("@")[2]
    if settings.tls is not None and settings.at_once:
        return smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=PATIENCE, context=settings.tls)
    return smtplib.SMTP(settings.host, settings.port, name, timeout=PATIENCE)
