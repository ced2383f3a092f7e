"""The whole exception tree of Kingfisher.

Every error carries a code, never a sentence: the screen and the command line own the words.

    KingfisherError
     +-- AgainLater          wait and repeat: the wire broke, the relay is busy, the keychain is locked
     +-- GiveUp              tell the user: refused, too large, taken, not on Kingfisher
     |    +-- Malformed      what came from outside does not have the form it must have
     |    +-- Untrusted      a signature, a name or a chain does not hold
     +-- Broken              our own bug or damaged data: log, report, keep running
"""


class KingfisherError(Exception):
    """Base of all errors raised on purpose.

    ``code`` is a short stable word such as ``rate_limited``; ``detail`` is for logs and never holds content,
    addresses or keys; ``retry_after`` is in seconds, None when nobody said.
    """

    def __init__(self, code: str, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class AgainLater(KingfisherError):
    """The same request may succeed later; repeat it with the same ids."""


class GiveUp(KingfisherError):
    """Repeating changes nothing; the user is told, with the code as reason."""


class Malformed(GiveUp):
    """Bytes or text from outside that do not have the required form."""


class Untrusted(GiveUp):
    """Well-formed, but a signature, name, chain or authority does not hold."""


class Broken(KingfisherError):
    """A bug of ours or damaged data at home."""
