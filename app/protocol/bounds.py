"""Byte strings and numbers of a fixed or bounded size, as types that msgspec checks while it decodes."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from app.protocol import limits

Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
OptionalHash = Annotated[bytes, Meta(max_length=32)]  # empty or 32; the reader checks
Count = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Millis = Annotated[int, Meta(ge=0, le=2**48 - 1)]
Sequence = Annotated[int, Meta(ge=0, le=2**53)]
Word = Annotated[str, Meta(max_length=64)]
Url = Annotated[str, Meta(max_length=300)]
AddressText = Annotated[str, Meta(max_length=limits.ADDRESS)]

# All that msgspec raises for bytes that do not fit: text that is no UTF-8 and nesting come as Python's own errors.
MISFITS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
