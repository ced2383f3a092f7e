"""A real mail server on the test's own loop: it takes letters over TLS, or says no as it is told."""

import asyncio
import contextlib
import email
import email.policy
import logging
import re
import socket
import ssl
import warnings
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from app.common.clock import SystemClock
from app.relay import certificate
from tests.parts.waiting import until

USER, PASSWORD = "kingfisher", "correct horse"
# It warns of its own settings, and calls a client that hangs up an error: nothing that a test of ours is about.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
_CODE = re.compile(r"\b\d{6}\b")


@dataclass
class MailServer:
    """``letters`` came; ``script`` are the answers to the next recipients, then all are taken."""

    folder: Path
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list[EmailMessage])
    to: list[str] = field(default_factory=list[str])
    script: deque[str] = field(default_factory=deque[str])
    asked: int = 0
    tls: list[bool] = field(default_factory=list[bool])

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        answer = self.script.popleft() if self.script else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        data = cast(bytes, envelope.content)
        self.letters.append(cast(EmailMessage, email.message_from_bytes(data, policy=email.policy.default)))
        self.to += envelope.rcpt_tos
        self.tls.append(session.ssl is not None)
        return "250 taken"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        right = (getattr(data, "login", b""), getattr(data, "password", b"")) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    @property
    def table(self) -> dict[str, object]:
        """The ``[smtp]`` of a relay that sends through here."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "from": "codes@example.com",
            "username": USER,
            "password_file": str(self.folder / "password"),
            "ca_file": str(self.folder / certificate.CERTIFICATE_FILE),
        }

    async def code(self, count: int = 1) -> str:
        """The digits in the newest of so many letters."""
        await until(lambda: len(self.letters) >= count)
        return code_in(self.letters[count - 1].get_content())


def code_in(words: str) -> str:
    found = _CODE.search(words)
    assert found is not None
    return found[0]


Opened = list[tuple[asyncio.BaseTransport, socket.socket | None]]


class _Connection(SMTP):
    """Remembers its transport, for nobody else closes what a client has left half-way."""

    def __init__(self, opened: Opened, *arguments: object, **settings: object) -> None:
        with warnings.catch_warnings():  # that a password without STARTTLS is unwise: TLS is there already
            warnings.simplefilter("ignore", UserWarning)
            super().__init__(*arguments, **settings)  # type: ignore[arg-type]
        self._opened = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opened.append((transport, transport.get_extra_info("socket")))
        super().connection_made(transport)


@contextlib.asynccontextmanager
async def serving(folder: Path, *, at_once: bool = False) -> AsyncGenerator[MailServer]:
    """STARTTLS and a password are required; ``at_once``: TLS from the first octet."""
    folder.mkdir(exist_ok=True)
    server = MailServer(folder)
    cert, key = certificate.own_certificate(folder, ("127.0.0.1",), SystemClock())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "password").chmod(0o600)

    opened: Opened = []

    def made() -> SMTP:
        return _Connection(
            opened,
            server,
            hostname="mail.example.com",
            tls_context=None if at_once else context,
            require_starttls=not at_once,
            authenticator=server.authenticate,
            auth_required=True,
            auth_require_tls=not at_once,
            loop=asyncio.get_running_loop(),
        )

    listening = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0, ssl=context if at_once else None)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for transport, _ in opened:
            # Of Python 3.11.2 one that was closed twice has nothing left to abort, and says so in this way.
            with contextlib.suppress(AttributeError):
                cast(asyncio.Transport, transport).abort()
        await listening.wait_closed()
        await until(lambda: all(one is None or one.fileno() < 0 for _, one in opened))
