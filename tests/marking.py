"""Which tests run in `make test-all` only, by where they are."""

from collections.abc import Iterable
from pathlib import Path

import pytest


def slow_on_postgresql(items: Iterable[pytest.Item], directory: Path, modules: set[str]) -> None:
    """Mark the tests of these modules slow where they run on PostgreSQL."""
    for item in items:
        parameters = getattr(item, "callspec", None)  # a test without parameters has none
        is_meant = item.path.parent == directory and item.path.stem in modules
        if is_meant and parameters and "postgresql" in parameters.params.values():
            item.add_marker(pytest.mark.slow)
