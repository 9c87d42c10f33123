"""Scenario files: model, reading with errors that say where, settings by path, lamps laid out along streets."""
