"""Small parts that every screen is built of: buttons, fields, switches, avatars, dialogs, toasts.

Each follows the look it is given, has an accessible name and works from the keyboard; none knows the messenger.
"""
