"""The buyer's story: an allow-list. What is not named here is not told, whatever the merchant's story holds."""

from collections.abc import Iterable
from dataclasses import replace

from app.domain.story.steps import Fact, Step
from app.domain.story.words_buyer import BUYER_WORDS

FACTS = (Fact.AMOUNT, Fact.PRICE, Fact.RATE, Fact.TXID, Fact.BLOCK, Fact.CONFIRMATIONS)
VALUES = frozenset(("store", "price", "rate", "total", "paid", "due", "amount"))


def for_buyers(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps that buyers are told of, with nothing in them but what buyers may read."""
    return tuple(_reduced(step) for step in steps if words_key(step) in BUYER_WORDS)


def words_key(step: Step) -> str:
    """By what its words are found."""
    return f"{step.key}.{step.variant}"


def _reduced(step: Step) -> Step:
    values = {name: value for name, value in step.values.items() if name in VALUES}
    return replace(step, values=values, facts=tuple(each for each in step.facts if each[0] in FACTS), raw=())
