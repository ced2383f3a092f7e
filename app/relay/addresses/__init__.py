"""Addresses that are checked: codes by text and e-mail, proofs, and how an address goes from one account to another.

The rules are pure (app.relay.moving); `proving` puts store, senders and connections around them, `routes` and `page`
the HTTP.
"""
