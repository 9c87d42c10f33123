"""The core on a simulated street: road users, sensors, radio, gear, the SimPy street and whole runs."""
