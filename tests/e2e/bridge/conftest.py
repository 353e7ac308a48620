"""Stories of a shop that is connected over REST as well: its orders are read back."""

import pytest

from regtest.harness import Plugin


@pytest.fixture
def plugin() -> Plugin:
    """The plugin that `case` connects its shop with; the bridge is connected by `connect`."""
    return "greenfield"
