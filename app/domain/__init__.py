"""The rules: delivery, order, authority, unread, grouping, and how annotations fold into a message.

Pure functions over frozen values. Nothing here reads a clock, a file, a socket or a database, and nothing draws.
"""
