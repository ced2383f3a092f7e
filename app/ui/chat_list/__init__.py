"""The sidebar: search, filters, pinned avatars and the rows of conversations.

It keeps no truth of its own: what it shows is what the client's chat list tells, and what it does is a call to the
client.
"""
