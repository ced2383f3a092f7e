"""The relay's key, its certificates, and what Hello vouches for. Everything lies in the data folder, mode 0600."""

import datetime
import hashlib
import ipaddress
import os
import secrets
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.common import errors
from app.common.clock import Clock
from app.protocol import limits, login, signed
from app.protocol.signed import Signed
from app.relay.folder import usable

KEY_FILE: Final = "relay.key"
CERTIFICATE_FILE: Final = "certificate.pem"
CERTIFICATE_KEY_FILE: Final = "certificate.key"
LIFE: Final = datetime.timedelta(
    days=3650
)  # clients pin the relay's key; the certificate only has to be the one in Hello
EARLY: Final = datetime.timedelta(days=2)  # for clients whose clock is behind


def relay_seed(folder: Path) -> bytes:
    """The relay's Ed25519 seed, made when there is none; GiveUp ``bad_key`` when the file is not one."""
    path = folder / KEY_FILE
    with usable(path):
        if not path.exists():
            _write(path, secrets.token_bytes(32).hex().encode() + b"\n")
        text = path.read_bytes()
    try:
        seed = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        seed = b""
    if len(seed) != 32:
        raise errors.GiveUp("bad_key", KEY_FILE)
    return seed


def _write(path: Path, data: bytes) -> None:
    """A new file only its owner can read; whole or not at all."""
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def own_certificate(folder: Path, hosts: Sequence[str], clock: Clock) -> tuple[Path, Path]:
    """The self-signed certificate in ``folder``, made when there is none or it has ended, and its key."""
    certificate, key = folder / CERTIFICATE_FILE, folder / CERTIFICATE_KEY_FILE
    now = datetime.datetime.fromtimestamp(clock.now() / 1000, datetime.UTC)
    with usable(certificate):
        if not (certificate.exists() and key.exists() and _good(certificate, now)):
            private = ec.generate_private_key(ec.SECP256R1())
            made = _self_signed(private, hosts, now)
            _write(
                key,
                private.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                ),
            )
            _write(certificate, made.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _good(path: Path, now: datetime.datetime) -> bool:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc > now
    except ValueError:
        return False


def _self_signed(key: ec.EllipticCurvePrivateKey, hosts: Sequence[str], now: datetime.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kingfisher relay")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def leaf_hash(certificate: Path) -> bytes:
    """SHA-256 of the first certificate in a PEM file, as DER; GiveUp ``bad_certificate``."""
    try:
        leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (ValueError, OSError) as error:
        raise errors.GiveUp("bad_certificate", type(error).__name__) from error
    return hashlib.sha256(leaf.public_bytes(serialization.Encoding.DER)).digest()


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and later with the library's modern suites; GiveUp ``bad_certificate``."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise errors.GiveUp("bad_certificate", type(error).__name__) from error
    return context


class Statement:
    """The signed part of Hello, signed anew when a day of it has passed."""

    def __init__(self, seed: bytes, leaves: tuple[bytes, ...], clock: Clock) -> None:
        self._seed = seed
        self._clock = clock
        self._urls: tuple[str, ...] = ()
        self._signed: Signed | None = None
        self._made = 0
        self.leaves = leaves or (login.PLAIN_LEAF,)

    def set_urls(self, urls: tuple[str, ...]) -> None:
        """Where the relay is reached, known once it listens."""
        self._urls = urls
        self._signed = None

    def __call__(self) -> Signed:
        now = self._clock.now()
        if self._signed is None or not 0 <= now - self._made < limits.DAY:
            self._signed = login.make_hello(self._seed, self.leaves, self._urls, now)
            self._made = now
        return self._signed

    @property
    def public(self) -> bytes:
        return signed.public_of(self._seed)
