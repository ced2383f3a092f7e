"""What client and relay agree on: addresses, device lists, login, frames, requests, limits.

Bytes and rules only, no sockets and no storage. The client's secrets never come down here; the relay shares
this floor and the ground floor with the client, and nothing else.
"""
