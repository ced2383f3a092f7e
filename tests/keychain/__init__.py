"""The command line under a real Secret Service, in every state that one can be in."""
