"""The real programs on a desktop of their own, reached only through what a screen reader finds."""
