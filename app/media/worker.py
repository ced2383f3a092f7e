"""The decoding process: one picture comes in on stdin, one answer goes out on stdout, and then it ends.

Before it looks at the picture it gives up what a decoder does not need: it can open nothing any more, no file and no
connection, write no file, start no process, and has only so much memory and time.
"""

import os
import sys
from typing import Final

from app.common import errors
from app.media import fitting, pipe
from app.media.picture import Wanted

MEMORY: Final = 768 * 1024 * 1024  # bytes of address space
SECONDS: Final = 10  # of computing

if sys.platform == "win32":

    def confine() -> None:
        """There are no such limits here: time and the number of pixels are what bounds it."""
else:
    import resource

    def confine() -> None:
        """Nothing can be opened, written or started from here on; memory and time are short."""
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_FSIZE, 0)
        _limit(resource.RLIMIT_CPU, SECONDS)
        _limit(resource.RLIMIT_NPROC, 0)
        if sys.platform != "darwin":  # which takes it and does not heed it
            _limit(resource.RLIMIT_AS, MEMORY)
        _limit(resource.RLIMIT_NOFILE, 3)  # stdin, stdout and stderr: no further one can be had

    def _limit(what: int, most: int) -> None:
        hard = resource.getrlimit(what)[1]
        kept = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (kept, kept))


def main() -> int:
    """Entry of the process; 0 whenever there is an answer."""
    confine()
    head, parts = pipe.unpack(sys.stdin.buffer.read())
    try:
        if pipe.FRAMES in head:
            answer = pipe.answered_frames(fitting.frames(parts[0]))
        else:
            wanted = Wanted(int(head["octets"]), tuple(head["kinds"]))
            answer = pipe.answered(fitting.fit(parts[0], wanted))
    except errors.GiveUp as error:
        answer = pipe.pack({"code": error.code})
    while answer:
        answer = answer[os.write(1, answer) :]
    return 0


if __name__ == "__main__":
    sys.exit(main())
