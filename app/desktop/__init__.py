"""The window's process: who may have the profile, the first paint, what follows it, and the orderly end.

What runs before the first paint imports little: no asyncio, no network, no keys. Everything heavy comes after it.
"""
