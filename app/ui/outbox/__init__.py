"""The page of everything unsent, with its cause, its next try and what can be done about it.

What is done goes through app.ui.remedies; nothing of a message is kept here.
"""
