"""The ground floor: clock, ids, tasks, errors, the profile folder. Standard library only.

Nothing here knows what a message is; every other floor may import it.
"""
