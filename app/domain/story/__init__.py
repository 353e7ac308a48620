"""The story of an invoice: from its facts to steps that a merchant can read. Pure, like all rules."""

from app.domain.story.bridging import bridging
from app.domain.story.facts import StoryFacts
from app.domain.story.figures import Figures
from app.domain.story.judging import judging
from app.domain.story.opening import opening
from app.domain.story.paying import confirming, paying
from app.domain.story.steps import Step, in_order
from app.domain.story.telling import telling


def tell(facts: StoryFacts) -> tuple[Step, ...]:
    """All steps: what is over by its time, then what is under way and what is still to come, along the road."""
    told = Figures(facts)
    road = [*opening(told), *paying(told), *judging(told), *confirming(told), *telling(told)]
    return in_order([*road, *bridging(told)])
