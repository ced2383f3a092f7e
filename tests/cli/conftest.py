"""Every story of the command line has a real relay."""

from tests.parts.relay import relay

__all__ = ["relay"]
