"""Talking to the relay: one WebSocket for frames, HTTPS for what is published and claimed, and finding the relay.

Here bytes are checked, answers matched and connections kept; what a message means, what is stored and what a key is
good for belongs to the floors above.
"""
