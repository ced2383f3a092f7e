"""The first window: from nothing to an account with a recovery code that somebody has kept, and the way back in.

`first_run` and `unlock` are what the program calls; they lead from page to page, and pages know nothing of each other.
"""
