"""All scenarios by name, each with what it needs of the place where it is played."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from regtest.scenarios.stage import Stage

Play = Callable[[Stage], None]


class Need(StrEnum):
    """What not every place has; the value completes "left out: "."""

    TIME = "time cannot be moved here; SATTLE_TEST_CLOCK names the file by which server and node share it"
    SHOP = "there is no shop; name one with --shop"
    STAND_IN = "only the stand-in shop can be told to fail"
    BRIDGE = "the store is not connected to the shop's REST API, or no key says so; see --woo-key"
    SHOPS_TIME = "a real shop goes by the machine's clock; once time is moved, server and shop would differ for good"


@dataclass(frozen=True)
class Scenario:
    """One of them. `says` is a sentence about what happens in it and what must come of it."""

    name: str
    says: str
    needs: frozenset[Need]
    play: Play


SCENARIOS: dict[str, Scenario] = {}


def scenario(*needs: Need) -> Callable[[Play], Play]:
    """Enter a function in the catalogue: its name with hyphens, the first line of its docstring as the sentence.

    Where time is moved, the shop's time is moved as well, if there is one.
    """
    also = (Need.SHOPS_TIME,) if Need.TIME in needs else ()

    def enter(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        says = (play.__doc__ or "").partition("\n")[0]
        SCENARIOS[name] = Scenario(name, says, frozenset((*needs, *also)), play)
        return play

    return enter
