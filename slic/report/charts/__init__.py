"""Charts as SVG text: small pure functions from numbers to pictures."""
