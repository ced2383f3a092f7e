"""Alice and Bob with a real relay and no window."""
