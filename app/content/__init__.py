"""What can be said: one frozen value per kind of content, with its strict bytes and its neutral text.

Pure: no I/O, no clock, no database and no screen ever come in. A new kind is one module here and one line in catalog.
"""
