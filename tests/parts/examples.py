"""How many examples a property test tries: few in `make test`, fifteen times as many in `make test-long`."""

import os

SHARE = float(os.environ.get("KINGFISHER_EXAMPLES", "0.2"))


def examples(number: int) -> int:
    """That many in their share; a handful at least."""
    return max(5, round(number * SHARE))
