"""Parts that tests are built from: relays, wires and people, all of them real."""
