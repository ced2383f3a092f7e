"""Values that keep some of their fields out of logs and exceptions."""

from typing import ClassVar

import msgspec


class Discreet(msgspec.Struct, frozen=True):
    """Its words leave out the fields named in ``_hidden``: keys, codes, and what people say."""

    _hidden: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self._hidden)
        return f"{type(self).__name__}({', '.join(shown)})"
