"""What drives the core: recorded inputs now, the field gateway next."""
