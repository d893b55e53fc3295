"""The folder of four images that tests of runs have."""

from tests.run.conftest import folder

__all__ = ["folder"]
