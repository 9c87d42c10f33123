"""The proof that all ways to run a night give the same integers: made-up cases, drivers and their comparison."""
