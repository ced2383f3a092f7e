"""Every place of the two tables in docs/architecture.md, and every commit, as a place where a process is killed."""
