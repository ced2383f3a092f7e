"""Kingfisher: a desktop messenger and its relay.

The floors below each other, and what may import what, are drawn in docs/architecture.md.
"""
