"""Settings: a dialog whose pages are built from the fields that `app.client.settings` declares.

A page adds to them what is no field: who is blocked, where keys are kept, the account, the relay on this computer.
"""
