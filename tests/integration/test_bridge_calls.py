"""How often a shop is asked, and that no change escapes the poll however many there are and whenever they come."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from app.domain.bridge_times import OVERLAP
from app.domain.shop_order import OrderGone, ShopOrder
from tests.integration.bridge_bench import BridgeBench, Page
from woo_bridge.shop_pass import SECOND, look_at_all, look_at_due, poll


class Asked(BridgeBench):
    """BridgeBench that notes which orders the shop is asked for by themselves, and lets things happen between pages."""

    def open(self) -> None:
        self.connect()
        self.alone: list[int] = []
        self.pages: list[int] = []
        self.between: Callable[[int], None] = lambda page: None
        one, changed = self.shop.order, self.shop.orders_modified_after

        def order(order_id: int) -> ShopOrder | OrderGone:
            self.alone.append(order_id)
            return one(order_id)

        def orders_modified_after(moment: datetime, beyond: int = 0, most: int = 100) -> Page:
            found = changed(moment, beyond, most)
            self.pages.append(len(found.orders))
            self.between(len(self.pages))
            return found

        self.shop.answer_by("order", order)
        self.shop.answer_by("orders_modified_after", orders_modified_after)

    def unseen(self, order_ids: Sequence[int]) -> list[int]:
        """The orders that changed since the bridge saw them last."""
        with self.app.app_context():
            seen = {watch.order_id: watch.last_seen for watch in self.ledger().named(list(order_ids))}
        last = {number: found.date_modified for number, found in seen.items() if isinstance(found, ShopOrder)}
        return [number for number in order_ids if last.get(number) != self.shop.held[number].date_modified]


@pytest.fixture
def bench(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Asked]:
    database = tmp_path / "sattle.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    bench = Asked(tmp_path, f"sqlite:///{database}")
    bench.open()
    yield bench
    bench.stop()


def test_a_pass_over_300_orders_is_three_lists_and_no_order_is_asked_for_by_itself(bench: Asked) -> None:
    for order_id in range(1, 301):
        bench.place(order_id)
    looked = bench.pass_over(lambda desk: sum(passed.looked for passed in look_at_all(desk)))
    assert (looked, dict(bench.shop.calls), bench.alone) == (300, {"list": 3}, [])
    lagging = [7, 150, 300]
    for order_id in lagging:
        bench.pay(bench.desk_invoice(order_id))
    bench.advance(minutes=3)
    bench.shop.calls.clear()
    bench.pass_over(lambda desk: list(look_at_all(desk)))
    assert (bench.shop.calls["list"], set(bench.alone)) == (3, set(lagging))
    assert sorted(order_id for order_id, _ in bench.shop.puts) == lagging


def change_all(bench: Asked, order_ids: Sequence[int], *, at_once: int) -> None:
    """These orders are put on hold, so many in each second."""
    for number, order_id in enumerate(order_ids):
        if number and number % at_once == 0:
            bench.advance(seconds=1)
        bench.shop.become(order_id, status="on-hold")


@pytest.mark.parametrize("at_once", [1, 40, 150])
def test_no_change_escapes_the_poll_when_orders_change_while_its_pages_are_read(bench: Asked, at_once: int) -> None:
    order_ids = list(range(1, 261))
    for order_id in order_ids:
        bench.place(order_id)
    bench.advance(minutes=5)
    bench.pass_over(poll)
    assert bench.unseen(order_ids) == []
    bench.advance(minutes=5)
    change_all(bench, order_ids, at_once=at_once)
    bench.advance(minutes=5)
    bench.pages.clear()

    def somebody_else_is_at_work(page: int) -> None:
        """What stood on the first page moves to the end of the list, and what follows moves up."""
        if page < 4:
            bench.advance(seconds=2)
            for order_id in order_ids[page * 3 : page * 3 + 3]:
                bench.shop.become(order_id, status="pending")

    bench.between = somebody_else_is_at_work
    bench.pass_over(poll)
    assert (len(bench.pages) > 2, bench.pages[0]) == (True, 100)
    bench.advance(seconds=60)
    bench.pass_over(poll)
    assert (bench.unseen(order_ids), bench.alone) == ([], [])


@pytest.mark.parametrize("late", [0, 1])
def test_a_change_that_is_shown_later_than_it_is_dated_is_seen(bench: Asked, late: int) -> None:
    """Dated in the second in which the overlap begins, and in the one after it."""
    for order_id in (7, 8):
        bench.place(order_id)
    bench.pass_over(look_at_due)
    bench.advance(minutes=5)
    at = bench.shop.now().replace(microsecond=0)
    bench.shop.become(8, status="on-hold", date_modified=at)
    bench.pass_over(poll)
    bench.advance(seconds=5)
    bench.shop.become(7, status="on-hold", date_modified=at - OVERLAP + late * SECOND)
    bench.pass_over(poll)
    assert bench.unseen([7, 8]) == []
