"""The cryptography of Kingfisher: bytes in, bytes out; no files, no sockets, no clock.

Put together from Olm (vodozemac), HPKE with X-Wing (cryptography) and libsodium (PyNaCl); nothing is invented here.
Values are immutable: whoever wants to keep a change stores the new value, whoever wants to undo it keeps the old one.
"""
