"""What the relay promises, asked of a real one over real sockets."""
