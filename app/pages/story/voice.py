"""Who tells a story: in which language, with which names, and from which side it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.domain.story.steps import Actor, Told

ACTORS: Mapping[Actor, str] = {
    Actor.BUYER: "Buyer",
    Actor.SHOP: "Shop",
    Actor.SATTLE: "Sattle",
    Actor.NETWORK: "Bitcoin network",
    Actor.NODE: "Shop's node",
    Actor.WALLET: "Shop's wallet",
}
ISOLATED = "\u2068{}\u2069"  # what stands between these marks keeps its own direction


@dataclass(frozen=True)
class Voice:
    """`say` translates; `is_rtl`: the language is read from the right, which amounts and names in it are not."""

    say: Callable[[str], str] = str
    actors: Mapping[Actor, str] = field(default_factory=lambda: ACTORS)
    is_rtl: bool = False

    def filled(self, text: str, values: Mapping[str, Told]) -> str:
        """The text in the language, with its values."""
        if self.is_rtl:
            values = {name: ISOLATED.format(value) for name, value in values.items()}
        return self.say(text) % values

    def way(self, one: Actor, other: Actor) -> str:
        """From whom to whom, with an arrow as it is read; one name where one works alone."""
        names = [self.say(self.actors[actor]) for actor in dict.fromkeys((one, other))]
        return (" ← " if self.is_rtl else " → ").join(names)

    def names(self) -> dict[str, str]:
        """Of all who take part, for the picture."""
        return {actor.value: self.say(name) for actor, name in self.actors.items()}


AS_WRITTEN = Voice()
