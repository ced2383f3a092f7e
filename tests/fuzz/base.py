"""What a fuzz target is, and what all of them use."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz import mutate

Run = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under fuzz: ``run`` may raise errors.KingfisherError, anything else is a crasher.

    A string that it returns tells the driver whether an input led somewhere new.
    """

    name: str
    run: Run
    seeds: tuple[bytes, ...]
    mutator: mutate.Mutator
    slow: float = 1.0  # seconds of the processor one input may take


def must(holds: bool, what: str) -> None:
    """A property of accepted input; raises AssertionError, which counts as a crasher."""
    if not holds:
        raise AssertionError(what)


def as_text(data: bytes) -> str:
    """Text as it may arrive from a command line or a clipboard: with lone surrogates in it."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")
