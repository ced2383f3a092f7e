"""Which addresses of a relay may be spoken to without encryption: those that never leave this machine."""

import ipaddress
from urllib.parse import urlsplit

from app.common import errors


def is_loopback(host: str) -> bool:
    """Whether traffic to this host stays on the machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_encrypted(url: str) -> None:
    """Plain http only on loopback, else errors.GiveUp (``not_encrypted``)."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise errors.GiveUp("not_encrypted")
