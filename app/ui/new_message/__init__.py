"""The page that begins a conversation: whom it is for, found among those known here or in the directory.

It ends with ``started`` and the conversation's id; what is written is the composer's work.
"""
