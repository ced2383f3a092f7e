"""The conversation: bubbles in a scroll area of our own, and the page around it.

The truth of the view is an anchor, a message and the place of its top, never a scroll bar's value.
"""
