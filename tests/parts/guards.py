"""What guards every test: a log that must stay quiet, a folder that is closed, a loop that must not be blocked."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx


class _Ear(logging.Handler):
    """Keeps what is logged at WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def quiet_log(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Fails a test whose log holds a warning it did not announce, or lacks one it did (``@pytest.mark.expect_log``)."""
    ear = _Ear()
    root = logging.getLogger()
    root.addHandler(ear)
    try:
        yield ear.heard
    finally:
        root.removeHandler(ear)
    problems = _judge(ear.heard, request.node.get_closest_marker("expect_log"))
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def _judge(heard: list[str], marker: pytest.Mark | None) -> list[str]:
    if marker is None:
        return [f"unexpected in the log: {line}" for line in heard]
    texts: tuple[str, ...] = marker.args
    unexpected = [line for line in heard if texts and not any(text in line for text in texts)]
    unheard = [text for text in texts if not any(text in line for line in heard)]
    return [f"unexpected in the log: {line}" for line in unexpected] + [f"never logged: {text}" for text in unheard]


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """An empty folder for one messenger, closed to others."""
    folder = tmp_path / "profile"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def no_blocking() -> Iterator[None]:
    """Opt-in: a call of app/ that blocks the running loop (sleep, sockets, files) raises ``BlockingError``."""
    with blockbuster_ctx("app"):
        yield
