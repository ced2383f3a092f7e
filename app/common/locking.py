"""A file that one process holds: the lock ends with the process, however it ends."""

import os
import sys

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # what is locked cannot be read there, so the lock lies behind the text

    def try_lock(descriptor: int) -> bool:
        """Take the lock of an open file, or say at once that another process has it."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Take the lock of an open file, or say at once that another process has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
