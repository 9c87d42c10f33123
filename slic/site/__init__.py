"""Where lamps stand: inventories, WGS84 positions, local metres and places along a street."""
