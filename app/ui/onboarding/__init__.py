"""The first window: from nothing to an account with a recovery code that somebody has kept, and the way back in.

`entering` is what the program calls. Pages know nothing of each other; `first_run` leads from one to the next.
"""
