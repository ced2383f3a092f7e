"""Entry of `kingfisher`: the window, the window on a demonstration, or a check of this installation."""

import sys
from collections.abc import Sequence

from app.desktop import options


def main(words: Sequence[str] | None = None) -> int:
    """The exit code: 0 done or shown, 1 failed, 2 usage."""
    asked = options.read(words)
    # Each of the three imports what it needs, so that none pays for the others.
    if asked.self_test:
        from app.desktop import self_test

        return self_test.run()
    if asked.demo:
        from app.demo import window

        return window.show()
    from app.desktop import opening

    return opening.run(asked)


if __name__ == "__main__":
    sys.exit(main())
