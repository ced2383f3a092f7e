"""One window in use for a long time: what it costs must not grow."""
