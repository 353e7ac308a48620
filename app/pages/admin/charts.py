"""Bar charts as SVG: where each bar stands, reckoned here, so that the page needs neither script nor inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

WIDE, NARROW, HEIGHT = 960, 480, 200
LEFT, RIGHT, TOP, BOTTOM = 78, 6, 12, 26  # room for the figures of the axes
LABEL_WIDTH = 70
STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


@dataclass(frozen=True)
class Value:
    """What a bar shows: `label` stands below it, `says` is its figure in words."""

    label: str
    amount: Decimal
    says: str


@dataclass(frozen=True)
class Bar:
    """A rectangle, in the chart's own units."""

    x: float
    y: float
    width: float
    height: float
    says: str


@dataclass(frozen=True)
class Mark:
    """A figure on an axis and where it stands; of the upright axis also the line across."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart and the table behind it."""

    id: str
    title: str
    unit: str
    bars: tuple[Bar, ...]
    below: tuple[Mark, ...]
    beside: tuple[Mark, ...]
    values: tuple[Value, ...]
    width: int
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM

    @property
    def is_empty(self) -> bool:
        return not any(value.amount for value in self.values)


def bar_chart(chart_id: str, title: str, unit: str, values: Sequence[Value], width: int = WIDE) -> Chart:
    """Bars beside each other, from 0 to a round figure above the highest."""
    top = round_above(max((value.amount for value in values), default=Decimal(0)))
    slot = (width - LEFT - RIGHT) / max(len(values), 1)
    room = HEIGHT - TOP - BOTTOM
    bars, below = [], []
    every = max(ceil(LABEL_WIDTH / slot), 1)
    for number, value in enumerate(values):
        height = float(value.amount / top) * room
        x = LEFT + number * slot
        if value.amount:
            bars.append(_bar(x + slot * 0.12, height, slot * 0.76, f"{value.label}: {value.says}"))
        if number % every == 0:
            below.append(Mark(round(x + slot / 2, 1), value.label))
    beside = [Mark(round(TOP + room * (1 - part / 4), 1), _figure(top * part / 4)) for part in range(0, 5, 2)]
    return Chart(chart_id, title, unit, tuple(bars), tuple(below), tuple(beside), tuple(values), width)


def round_above(highest: Decimal) -> Decimal:
    """The next of 1, 2, 5, 10, 20, 50 … (or 0.1, 0.2 …) that is not below; 1 for nothing."""
    if highest <= 0:
        return Decimal(1)
    power = Decimal(1).scaleb(highest.adjusted())
    return next(step * power for step in STEPS if step * power >= highest)


def _bar(x: float, height: float, width: float, says: str) -> Bar:
    shown = max(height, 1.5)  # little is not nothing
    return Bar(round(x, 1), round(HEIGHT - BOTTOM - shown, 1), round(width, 1), round(shown, 1), says)


def _figure(value: Decimal) -> str:
    return f"{value.normalize():,f}"
