"""What a crash may leave behind: no image of the process, which would hold keys and texts in the clear."""

import sys

if sys.platform == "win32":

    def leave_none() -> None:
        """Windows writes none unless its administrator asks for them."""
else:
    import resource

    def leave_none() -> None:
        """No core dumps of this process and its children, whatever the system's limit is."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
