"""How long one who takes over an order waits for what may still be on its way to the shop."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest

from app.domain.bridge_times import CALL_TAKES, ActKind, Outcome, WatchState
from app.domain.shop_notes import Note
from app.domain.watch import ShopTerms, Unfinished, Watch
from tests.unit.bridge_facts import ME, NOW, TERMS, a_real_order
from woo_bridge.decide import decide
from woo_bridge.ports import Desk
from woo_bridge.resuming import resume

SECOND = timedelta(seconds=1)
WATCH = Watch(1, "store", 369, WatchState.WATCHING, NOW, NOW, None, None, None)
WRITE = Unfinished(1, ME, ActKind.WRITE, "set_paid", "why", {"paid": True}, NOW)
NOTE = Unfinished(2, ME, ActKind.NOTE, "paid", "Sattle says so", None, NOW)


@dataclass
class Fake:
    """Ledger and shop in one: what was left, and what was made of it."""

    left: list[Unfinished]
    ended: dict[int, Outcome] = field(default_factory=dict)
    posted: list[str] = field(default_factory=list)

    def unfinished(self, _watch_id: int) -> list[Unfinished]:
        return [act for act in self.left if act.act_id not in self.ended]

    def conclude(self, act_id: int, outcome: Outcome, *_: Any, **__: Any) -> None:
        self.ended[act_id] = outcome

    def renew(self, _act_id: int) -> bool:
        return True

    def supersede(self, *_: Any) -> None:
        pass

    def notes(self, _order_id: int) -> list[Note]:
        return []

    def add_note(self, _order_id: int, text: str) -> int:
        self.posted.append(text)
        return 9


def resumed(fake: Fake, after: timedelta, order: str = "pending") -> Any:
    """What the next worker waits for, so long after the act began."""
    shop_terms = ShopTerms(TERMS, SECOND, None, None, None)
    desk = Desk(cast(Any, fake), cast(Any, fake), decide, shop_terms, lambda: NOW + after)
    return resume(desk, WATCH, a_real_order(order))


@pytest.mark.parametrize("act", [WRITE, NOTE])
@pytest.mark.parametrize("after", [timedelta(0), CALL_TAKES - SECOND])
def test_a_call_that_may_be_on_its_way_is_waited_for(act: Unfinished, after: timedelta) -> None:
    fake = Fake([act])
    assert resumed(fake, after) == NOW + CALL_TAKES
    assert (fake.ended, fake.posted) == ({}, [])


@pytest.mark.parametrize("after", [CALL_TAKES, -SECOND])
def test_a_call_is_not_waited_for_longer_than_it_can_take_and_not_for_a_clock_that_was_wrong(after: timedelta) -> None:
    fake = Fake([WRITE, NOTE])
    assert resumed(fake, after) is None
    assert (fake.ended, fake.posted) == ({1: Outcome.NOTHING, 2: Outcome.NOTHING}, [])
    alone = Fake([NOTE])
    assert resumed(alone, after) is None
    assert (alone.ended, alone.posted) == ({2: Outcome.DONE}, [NOTE.says])


def test_the_note_of_a_write_that_arrived_is_posted_at_once() -> None:
    fake = Fake([WRITE, NOTE])
    assert resumed(fake, SECOND, "processing") is None
    assert (fake.ended, fake.posted) == ({1: Outcome.DONE, 2: Outcome.DONE}, [NOTE.says])
