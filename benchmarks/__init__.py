"""Benchmarks: exact counts and energies are asserted, times are only printed, beside their goals."""
