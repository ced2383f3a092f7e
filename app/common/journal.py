"""The log in a profile's folder: bounded, for its owner alone, and without names, addresses and keys."""

import logging
import logging.handlers
import os
import re
from io import TextIOWrapper

from app.common.profile import Profile

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+")
_PHONE = re.compile(r"\+\d{6,15}")
_LONG = re.compile(r"\b[0-9a-fA-F]{24,}\b")


def redact(text: str) -> str:
    """Take addresses, ids and keys out of a line for the log."""
    return _LONG.sub("<id>", _PHONE.sub("<phone>", _EMAIL.sub("<email>", text)))


class RedactingFormatter(logging.Formatter):
    """A formatter whose every line, tracebacks included, went through redact()."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _PrivateLog(logging.handlers.RotatingFileHandler):
    """Each of its files is made for its owner alone."""

    def _open(self) -> TextIOWrapper:
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT, 0o600))
        return super()._open()


def log_to(home: Profile, level: int = logging.INFO) -> logging.Handler:
    """Write the program's log into the profile: two files of 1 MiB at most."""
    handler = _PrivateLog(home.log, maxBytes=1_048_576, backupCount=1, encoding="utf-8")
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    return handler
