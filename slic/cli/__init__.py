"""The command line: the one place that knows all the rest."""

from slic.cli.main import main

__all__ = ["main"]
