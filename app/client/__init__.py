"""The messenger without a face: use cases and workers over storage, net and crypto.

Changes go one way: a use case writes in a transaction, the transaction notes what changed, and after the commit the
hub tells whoever listens. Nothing here imports Qt, a socket library or SQL.
"""
