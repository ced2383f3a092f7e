"""The demonstration: a private relay on this computer and a few people who talk, with a window or without.

Everything is real but the people: the relay is a process of its own on loopback, each person a whole messenger with a
profile in a temporary folder, which is gone afterwards.
"""
