"""Every program that a test here starts ends with it."""

from tests.parts.children import none_left

__all__ = ["none_left"]
