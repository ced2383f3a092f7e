"""The tree of errors: families, codes, and what they show."""

import pytest

from app.common import errors


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        (errors.AgainLater, errors.KingfisherError),
        (errors.GiveUp, errors.KingfisherError),
        (errors.Malformed, errors.GiveUp),
        (errors.Untrusted, errors.GiveUp),
        (errors.Broken, errors.KingfisherError),
    ],
)
def test_the_tree_is_as_drawn(kind: type[errors.KingfisherError], family: type[errors.KingfisherError]) -> None:
    assert kind.__bases__ == (family,)
    assert kind.__name__ in (errors.__doc__ or "")


def test_nobody_else_is_in_the_tree() -> None:
    def below(kind: type[errors.KingfisherError]) -> set[type[errors.KingfisherError]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    assert len({kind for kind in below(errors.KingfisherError) if kind.__module__ == errors.__name__}) == 6


def test_what_an_error_says() -> None:
    plain = errors.GiveUp("taken")
    assert (str(plain), plain.code, plain.detail, plain.retry_after) == ("taken", "taken", "", None)
    full = errors.AgainLater("rate_limited", "lookups_a_day", retry_after=1.5)
    assert (str(full), full.retry_after) == ("rate_limited: lookups_a_day", 1.5)
