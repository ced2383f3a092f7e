"""What this installation keeps: the encrypted database, the wrapped keys and the operating system's keychain.

Deals in plain values and opaque bytes: what a ratchet state or a payload means is decided above. Nothing here talks to
a network, knows a cipher of its own, or imports `net`, `crypto` or `media`.
"""
