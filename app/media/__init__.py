"""Pictures from outside, decoded in a process of their own and made into something that can be sent and shown.

What comes in is bytes and what goes out is bytes. No store, no network, no key and no screen ever come in here.
"""
