"""The commands of `kingfisher-cli` over one running messenger, whichever program it runs in.

A command takes parsed arguments, prints JSON lines and sentences to an Output and returns an exit code. Processes,
locks, signals and passphrases stay above, in cli.
"""
