"""One adapter for each kind of server the load generator can talk to."""
