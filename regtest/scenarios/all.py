"""The whole catalogue: importing a module of scenarios enters them."""

from regtest.errors import RegtestError
from regtest.scenarios import bridging, payments, telling  # noqa: F401 - see above
from regtest.scenarios.catalogue import SCENARIOS, Need, Scenario


def scenarios() -> list[Scenario]:
    """All of them, those of the bridge last, otherwise in the order in which they are written down."""
    return sorted(SCENARIOS.values(), key=lambda each: Need.BRIDGE in each.needs)


def named(name: str) -> Scenario:
    """The scenario of this name. Raises RegtestError with all names."""
    try:
        return SCENARIOS[name]
    except KeyError:
        all_names = [each.name for each in scenarios()]
        raise RegtestError(f"there is no scenario {name!r}; there are: {', '.join(all_names)}") from None
