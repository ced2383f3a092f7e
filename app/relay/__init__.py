"""The relay: a server that sees envelopes, never contents.

It shares the protocol and the ground floor with the client, and nothing else. The rules are in `mailbox`, `accounts`
and `directory`; what they keep lies behind the Protocols of `store.base`.
"""
