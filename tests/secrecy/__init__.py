"""What must not be anywhere but in its place: words, names, addresses and keys, looked for in all their forms."""
