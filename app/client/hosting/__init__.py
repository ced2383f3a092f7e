"""Hosting: the relay of this same installation, run on this computer for people on the local network.

`bundled` is what the window talks to. The relay is a program of its own, so nothing of it is imported: it is started,
asked and ended by its command line, and outlives whoever started it.
"""
