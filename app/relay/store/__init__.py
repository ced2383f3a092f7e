"""What the relay keeps: the Protocols every engine satisfies, and the engines.

The rules of the relay import `base` alone; only `server` and `admin` name an engine.
"""
