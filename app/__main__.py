"""Entry of `kingfisher`: until the window is built, it says what there is instead."""

import argparse
import sys
from importlib import metadata


def main() -> int:
    """Answer --version and --help; otherwise point to the command line and fail, since no window opens."""
    parser = argparse.ArgumentParser(prog="kingfisher", description="A desktop messenger with end-to-end encryption.")
    parser.add_argument("--version", action="version", version=f"kingfisher {metadata.version('kingfisher')}")
    parser.parse_args()
    sys.stderr.write("The window is not built yet. Everything works in the terminal: kingfisher-cli --help\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
