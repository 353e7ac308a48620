"""The picture: who talks to whom, where they stand on it, and how far each wire and each of them is lit."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.story.steps import WAYS, Actor, Fact, Key, State, Step
from app.pages.languages import N_

RADIUS = 30
PLACES = {  # of the centres, in a picture of 420 by 450
    Actor.BUYER: (70, 88),
    Actor.SHOP: (350, 88),
    Actor.NETWORK: (70, 228),
    Actor.NODE: (210, 228),
    Actor.SATTLE: (350, 228),
    Actor.WALLET: (210, 368),
}
ABOVE = (Actor.BUYER, Actor.SHOP)  # whose names stand above them
FIGURES = {  # what is written beside whom, and which step says it
    Actor.BUYER: ((Key.SHOP, Fact.PRICE),),
    Actor.SHOP: ((Key.SHOP, Fact.ORDER),),
    Actor.SATTLE: ((Key.CHECKOUT, Fact.AMOUNT),),
    Actor.NETWORK: ((Key.NETWORK, Fact.TXID),),
    Actor.NODE: ((Key.CONFIRMATIONS, Fact.BLOCK),),
    Actor.WALLET: ((Key.SETTLED, Fact.AMOUNT),),
}
BESIDE = {Fact.BLOCK: N_("Block %(number)s"), Fact.ORDER: N_("Order %(number)s")}
IN_A_ROW = (Actor.NETWORK, Actor.NODE, Actor.SATTLE)  # whose names have others beside them
LONGEST_NAME = 12  # characters of such a name that find room in one line
LONGEST = 16  # characters of a figure that find room
ENDS = 5  # of a longer one
COME = (State.TROUBLE, State.NOW, State.DONE)  # what lights a wire


@dataclass(frozen=True)
class Wire:
    """Between two of them: its ends on the picture, and its state."""

    name: str
    path: str
    middle: tuple[int, int]
    state: str


@dataclass(frozen=True)
class Figure:
    """One of them with what is written beside it. `said_by` is the step that the figure comes from."""

    actor: str
    x: int
    y: int
    text: str
    said_by: str
    state: str

    @property
    def name_y(self) -> int:
        """Where the name stands, from the centre; the figure stands below it."""
        return -56 if self.actor in ABOVE else RADIUS + 18

    def lines(self, name: str) -> list[str]:
        """The name, in two lines where it is long and has neighbours: broken at a space or behind a hyphen."""
        breaks = [found.end() for found in re.finditer(r"[ -]", name)]
        if self.actor not in IN_A_ROW or len(name) <= LONGEST_NAME or not breaks:
            return [name]
        at = min(breaks, key=lambda place: max(place, len(name) - place))
        return [name[:at].strip(), name[at:]]


@dataclass(frozen=True)
class Picture:
    """All of it, for the template."""

    wires: Sequence[Wire]
    figures: Sequence[Figure]


def wire_of(way: tuple[Actor, Actor]) -> str:
    """The name of the wire between two of them, whoever speaks; empty where one works alone."""
    return "" if way[0] is way[1] else "-".join(sorted(way))


def picture_of(steps: Sequence[Step], ids: Sequence[str], say: Callable[[str], str]) -> Picture:
    """The picture as these steps leave it. `ids` are the steps' own; `say` translates what is written on it."""
    ways = dict.fromkeys(tuple(sorted(way)) for way in WAYS.values() if way[0] is not way[1])
    wires = [_wire(Actor(one), Actor(other), steps) for one, other in ways]
    return Picture(wires, [_figure(actor, steps, ids, say) for actor in Actor])


def _wire(one: Actor, other: Actor, steps: Sequence[Step]) -> Wire:
    (x1, y1), (x2, y2) = PLACES[one], PLACES[other]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    dx, dy = (x2 - x1) * (RADIUS + 4) / length, (y2 - y1) * (RADIUS + 4) / length
    name = wire_of((one, other))
    state = _standing([step for step in steps if wire_of(step.way) == name])
    path = f"M{x1 + dx:.0f} {y1 + dy:.0f}L{x2 - dx:.0f} {y2 - dy:.0f}"
    return Wire(name, path, ((x1 + x2) // 2, (y1 + y2) // 2), state)


def _figure(actor: Actor, steps: Sequence[Step], ids: Sequence[str], say: Callable[[str], str]) -> Figure:
    x, y = PLACES[actor]
    text, said_by = next(_said(FIGURES[actor], steps, ids, say), ("", ""))
    state = _standing([step for step in steps if actor in step.way])
    return Figure(actor.value, x, y, _cut(text), said_by, state)


def _said(
    wanted: Iterable[tuple[Key, Fact]], steps: Sequence[Step], ids: Sequence[str], say: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    for key, fact in wanted:
        for step, step_id in zip(steps, ids, strict=True):
            found = dict(step.facts).get(fact) if step.key is key else None
            if found:
                yield say(BESIDE[fact]) % {"number": found} if fact in BESIDE else found, step_id


def _standing(steps: Sequence[Step]) -> str:
    """The state of the last of them that came about; trouble that nobody dated is not over."""
    come = [step for step in steps if step.state in COME]
    if any(step.state is State.TROUBLE and step.at is None for step in come):
        return State.TROUBLE.value
    return come[-1].state.value if come else State.WAITING.value


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:ENDS]}…{text[-ENDS:]}"
