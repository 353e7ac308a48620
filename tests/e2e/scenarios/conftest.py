"""Scenarios share shops: what they must not share is an order."""

import pytest

from tests.e2e.case import Case
from tests.e2e.place import Place


@pytest.fixture
def case(place: Place) -> Case:
    """A shop with the usual terms, in the shared place."""
    return place.shop()
