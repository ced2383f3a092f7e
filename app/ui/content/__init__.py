"""Faces of content: one module for each kind that has its own, and a plain one for all others.

Nothing here knows where on the screen it stands.
"""
