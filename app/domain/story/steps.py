"""The words of a story's structure: steps, the states they are in, and between whom each of them happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Told = str | int


class State(StrEnum):
    """How a step stands. `trouble` is what did not go as wished, over or not."""

    DONE = "done"
    NOW = "now"
    WAITING = "waiting"
    SKIPPED = "skipped"
    TROUBLE = "trouble"


class Actor(StrEnum):
    """Who takes part."""

    BUYER = "buyer"
    SHOP = "shop"
    SATTLE = "sattle"
    NETWORK = "network"
    NODE = "node"
    WALLET = "wallet"


class Key(StrEnum):
    """The steps: first those of the road that every payment takes, in its order, then the side roads."""

    SHOP = "shop"
    SATTLE = "sattle"
    RATE = "rate"
    ADDRESS = "address"
    CHECKOUT = "checkout"
    NETWORK = "network"
    NODE = "node"
    EXPLORER = "explorer"
    INVOICE = "invoice"
    TOLD = "told"
    ORDER = "order"
    CONFIRMATIONS = "confirmations"
    SETTLED = "settled"
    SHIP = "ship"
    MORE = "more"
    REPLACED = "replaced"
    DOUBLE_SPENT = "double_spent"
    EVICTED = "evicted"
    REORGED = "reorged"
    RETURNED = "returned"
    PARTIAL = "partial"
    OVERPAID = "overpaid"
    EXPIRED = "expired"
    LATE = "late"
    UNCONFIRMED = "unconfirmed"
    MARKED = "marked"
    RETRIED = "retried"
    REFUND = "refund"
    BRIDGED = "bridged"
    MISMATCH = "mismatch"


ROAD = tuple(Key)[: tuple(Key).index(Key.SHIP) + 1]
WAYS: Mapping[Key, tuple[Actor, Actor]] = {
    Key.SHOP: (Actor.BUYER, Actor.SHOP),
    Key.SATTLE: (Actor.SHOP, Actor.SATTLE),
    Key.RATE: (Actor.SATTLE, Actor.SATTLE),
    Key.ADDRESS: (Actor.WALLET, Actor.SATTLE),
    Key.CHECKOUT: (Actor.SATTLE, Actor.BUYER),
    Key.NETWORK: (Actor.BUYER, Actor.NETWORK),
    Key.NODE: (Actor.NETWORK, Actor.NODE),
    Key.EXPLORER: (Actor.NODE, Actor.SATTLE),
    Key.INVOICE: (Actor.SATTLE, Actor.SATTLE),
    Key.TOLD: (Actor.SATTLE, Actor.SHOP),
    Key.ORDER: (Actor.SHOP, Actor.SHOP),
    Key.CONFIRMATIONS: (Actor.NETWORK, Actor.NODE),
    Key.SETTLED: (Actor.NETWORK, Actor.WALLET),
    Key.SHIP: (Actor.SATTLE, Actor.SHOP),
    Key.MORE: (Actor.BUYER, Actor.NETWORK),
    Key.REPLACED: (Actor.BUYER, Actor.NETWORK),
    Key.DOUBLE_SPENT: (Actor.BUYER, Actor.NETWORK),
    Key.EVICTED: (Actor.NETWORK, Actor.NODE),
    Key.REORGED: (Actor.NETWORK, Actor.NODE),
    Key.RETURNED: (Actor.NETWORK, Actor.NODE),
    Key.PARTIAL: (Actor.SATTLE, Actor.BUYER),
    Key.OVERPAID: (Actor.NETWORK, Actor.WALLET),
    Key.EXPIRED: (Actor.SATTLE, Actor.SATTLE),
    Key.LATE: (Actor.NETWORK, Actor.WALLET),
    Key.UNCONFIRMED: (Actor.NETWORK, Actor.NODE),
    Key.MARKED: (Actor.SATTLE, Actor.SATTLE),
    Key.RETRIED: (Actor.SATTLE, Actor.SHOP),
    Key.REFUND: (Actor.WALLET, Actor.NETWORK),
    Key.BRIDGED: (Actor.SATTLE, Actor.SHOP),
    Key.MISMATCH: (Actor.SHOP, Actor.SATTLE),
}
"""From whom to whom; the same twice where one works alone."""


class Fact(StrEnum):
    """What a step may show beside its sentences."""

    AMOUNT = "amount"
    PRICE = "price"
    RATE = "rate"
    RATE_SOURCE = "rate_source"
    RATE_AT = "rate_at"
    ADDRESS = "address"
    KEY_PATH = "key_path"
    TXID = "txid"
    OUTPUT = "output"
    BLOCK = "block"
    BLOCK_HASH = "block_hash"
    BLOCK_TIME = "block_time"
    CONFIRMATIONS = "confirmations"
    DEADLINE = "deadline"
    RIVAL = "rival"
    ANSWERS = "answers"
    BY = "by"
    REASON = "reason"
    MESSAGE = "message"
    ORDER = "order"


@dataclass(frozen=True)
class Step:
    """One thing that happened, happens or is to happen.

    `variant` chooses its words, which `values` fill; `facts` are shown beside them; `raw` are for developers.
    """

    key: Key
    variant: str
    state: State
    at: datetime | None = None
    values: Mapping[str, Told] = field(default_factory=dict)
    facts: tuple[tuple[Fact, str], ...] = ()
    raw: tuple[tuple[str, str], ...] = ()

    @property
    def way(self) -> tuple[Actor, Actor]:
        """From whom to whom."""
        return WAYS[self.key]


PLACES = {
    key: place
    for place, key in enumerate(
        (
            *(Key.SHOP, Key.SATTLE, Key.RATE, Key.ADDRESS, Key.CHECKOUT, Key.NETWORK, Key.NODE, Key.EXPLORER),
            *(Key.MORE, Key.REPLACED, Key.DOUBLE_SPENT, Key.EVICTED, Key.PARTIAL, Key.INVOICE, Key.OVERPAID),
            *(Key.EXPIRED, Key.LATE, Key.TOLD, Key.ORDER, Key.CONFIRMATIONS, Key.UNCONFIRMED, Key.SETTLED),
            *(Key.MARKED, Key.SHIP, Key.BRIDGED, Key.RETRIED, Key.MISMATCH, Key.REORGED, Key.RETURNED, Key.REFUND),
        )
    )
}
"""Of steps at the same moment, which one is told first."""
OVER = (State.DONE, State.SKIPPED, State.TROUBLE)


def in_order(steps: list[Step]) -> tuple[Step, ...]:
    """What is over by its time, then what is under way or to come along the road.

    Trouble that nobody dated is news, so it leads what is ahead.
    """
    over = [step for step in steps if step.at is not None and step.state in OVER]
    ahead = [step for step in steps if step.at is None or step.state not in OVER]
    ahead.sort(key=lambda step: (step.state is not State.TROUBLE, PLACES[step.key]))
    return (*sorted(over, key=lambda step: (step.at is None, step.at, PLACES[step.key])), *ahead)
