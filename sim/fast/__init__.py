"""The fast engine: what the controller and the gear would do for whole streets and nights, from arrays."""
