"""Pictures of every screen beside its mockup, and what differs from the design's numbers: `make screens`."""
