"""How many examples a property test tries: few in `make test`, fifteen times as many in `make test-long`."""

import os

from hypothesis import Phase

SHARE = float(os.environ.get("KINGFISHER_EXAMPLES", "0.2"))

# "0": the first example that fails is enough, nobody looks for a smaller one; for whoever only asks whether it fails.
PHASES = (Phase.explicit, Phase.generate) if os.environ.get("KINGFISHER_SHRINK") == "0" else tuple(Phase)


def examples(number: int) -> int:
    """That many in their share; a handful at least."""
    return max(5, round(number * SHARE))
