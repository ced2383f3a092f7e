"""Writing: the field with its transport line, the bar of what is answered, drafts, emoji and spelling.

Nothing here decides how a message travels; it shows what the client says and hands over what was written.
"""
