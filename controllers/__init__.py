"""What drives the core: recorded inputs, and the gateway of a segment with its broker, store and operators."""
