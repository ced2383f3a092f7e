"""What there is to know about a person and about one message: the pane beside a conversation and two dialogs.

The pane reads one card of ``client.contacts`` and reads it again after every change; the dialogs show a message's way
with every step, and the safety number two people compare.
"""
