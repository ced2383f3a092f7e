"""The screen: everything that is seen and touched, and the only floor that knows Qt.

It shows what the client says has changed and calls the client when the user acts; it never speaks to the network, the
keys or the protocol past it, and keeps no truth of its own.
"""
