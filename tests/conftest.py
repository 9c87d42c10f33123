"""What all tests share: property tests draw the same examples each time, and no example fails for being slow."""

from hypothesis import settings

pytest_plugins = ["tests.contract.whole_run"]

settings.register_profile("slic", derandomize=True, deadline=None)
settings.load_profile("slic")
