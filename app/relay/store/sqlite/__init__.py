"""The default engine: one SQLite file, one writer thread with group commit, one connection for reading.

Nothing outside this package speaks SQL to the relay's file.
"""
