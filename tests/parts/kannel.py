"""A real Kannel for tests: the one that the demonstration runs too."""

import contextlib
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path

import pytest

from app.demo.phones import ADMIN, PASSWORD, USER, Kannel, free_ports, installed

__all__ = ["ADMIN", "PASSWORD", "USER", "Kannel", "described", "free_ports", "installed", "kannel", "require"]

_MISSING = "no Kannel here: install Debian's kannel and kannel-extras (packaging/setup.sh does, as root or with sudo)"


def require(environment: Mapping[str, str] = os.environ) -> None:
    """Without a Kannel a test is skipped, but not where continuous integration runs: what it leaves out is untested."""
    if installed():
        return
    if environment.get("CI") == "true":
        pytest.fail(f"{_MISSING}, for CI=true leaves nothing out", pytrace=False)
    pytest.skip(_MISSING)


@contextlib.asynccontextmanager
async def kannel(folder: Path, incoming: Callable[[], str]) -> AsyncGenerator[Kannel]:
    """One that calls ``incoming`` with what phones say."""
    require()
    folder.mkdir(parents=True, exist_ok=True)
    running = Kannel(folder, free_ports("admin", "smsbox", "smsc", "sendsms"))
    try:
        await running.start(incoming())
        yield running
    finally:
        await running.stop()


class Described(Kannel):
    """One whose settings name a network of their own."""

    async def start_as(self, settings: str) -> None:
        await self._boxes(settings)
        await self._status("online")


@contextlib.asynccontextmanager
async def described(folder: Path, settings: str, ports: dict[str, int]) -> AsyncGenerator[Kannel]:
    """One with these settings and a network of somebody else's."""
    require()
    running = Described(folder, ports)
    try:
        await running.start_as(settings)
        yield running
    finally:
        await running.stop()
