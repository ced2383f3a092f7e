"""A real Kannel for tests: the one that the demonstration runs too."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from app.demo.phones import PASSWORD, USER, Kannel, free_ports, installed

__all__ = ["PASSWORD", "USER", "Kannel", "free_ports", "installed", "kannel"]


@contextlib.asynccontextmanager
async def kannel(folder: Path, incoming: Callable[[], str]) -> AsyncGenerator[Kannel]:
    """One that calls ``incoming`` with what phones say."""
    if not installed():
        pytest.skip("no Kannel here: install Debian's kannel and kannel-extras (packaging/setup.sh does)")
    folder.mkdir(parents=True, exist_ok=True)
    running = Kannel(folder, free_ports("admin", "smsbox", "smsc", "sendsms"))
    try:
        await running.start(incoming())
        yield running
    finally:
        await running.stop()
