"""A message between Send and the store."""

from dataclasses import dataclass


@dataclass(slots=True)
class Going:
    """What was sent off and is not known to be in the store yet; ``upto``: the text at an Enter since then.

    ``given``: nothing more is asked about it, and it is no draft any more.
    """

    conversation: bytes
    text: str
    upto: str = ""
    given: bool = False
