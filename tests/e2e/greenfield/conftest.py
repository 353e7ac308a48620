"""What only a shop with the Greenfield plugin can tell."""

import pytest

from regtest.harness import Plugin
from tests.e2e.case import Case
from tests.e2e.place import Place


@pytest.fixture
def plugin() -> Plugin:
    """What `case` and `new_case` connect their shop with."""
    return "greenfield"


@pytest.fixture
def shop(place: Place) -> Case:
    """A shop that tests share: what they must not share is an order, or a change of its settings."""
    return place.shop(plugin="greenfield")
