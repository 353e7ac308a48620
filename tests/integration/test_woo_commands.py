"""`flask woo`: the same as the worker and the board do, from a shell."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from app.db.models import Shop, Store, WatchedOrder
from app.db.queries import reading
from app.db.session import change
from app.sealing import CannotUnseal
from app.usecases.record_shop_health import shop_failed
from tests.integration.bridge_bench import BridgeBench, MemoryShop, trouble
from woo_bridge.errors import TroubleKind


@pytest.fixture
def bench(tmp_path: Path, migrated_sqlite: Path) -> Iterator[BridgeBench]:
    database = tmp_path / "sattle.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    bench = BridgeBench(tmp_path, f"sqlite:///{database}")
    yield bench
    bench.stop()


def connected(bench: BridgeBench) -> BridgeBench:
    bench.connect()
    bench.app.extensions["sattle"].shop = lambda _row: bench.shop
    return bench


def woo(bench: BridgeBench, *arguments: str) -> Result:
    return bench.app.test_cli_runner().invoke(args=["woo", *arguments])


def test_without_a_shop_there_is_nothing_to_do_and_a_store_that_is_named_is_refused(bench: BridgeBench) -> None:
    assert woo(bench, "reconcile").output == "0 orders were looked at, 0 of them by a call of their own.\n"
    refused = woo(bench, "reconcile", "--store", "store")
    assert (refused.exit_code, "not connected to a shop" in refused.output) == (1, True)


def test_one_order_is_brought_in_step_and_a_dry_run_only_says_so(bench: BridgeBench) -> None:
    connected(bench).pay(bench.place(7))
    bench.advance(minutes=3)
    said = woo(bench, "reconcile", "--dry-run", "--order", "7")
    assert (said.exit_code, "would write" in said.output, bench.shop.puts) == (0, True, [])
    done = woo(bench, "reconcile", "--order", "7")
    assert "wrote" in done.output
    assert bench.shop.held[7].status == "processing"
    unknown = woo(bench, "reconcile", "--order", "8")
    assert (unknown.exit_code, "order 8 is not watched" in unknown.output) == (1, True)


def test_mismatches_are_told_to_people_and_to_scripts(bench: BridgeBench) -> None:
    connected(bench).pay(bench.place(7, total=bench.price(99)))
    assert woo(bench, "mismatches").exit_code == 0
    bench.advance(minutes=3)
    woo(bench, "reconcile")
    told = woo(bench, "mismatches")
    assert (told.exit_code, "order 7" in told.output) == (1, True)
    (row,) = json.loads(woo(bench, "mismatches", "--json").output)
    assert (row["kind"], row["order_id"], row["evidence"]["order"]["total"]) == ("amount", 7, "99")
    assert "billing" not in json.dumps(row)


def test_the_watch_is_listed(bench: BridgeBench) -> None:
    connected(bench).place(7)
    (row,) = json.loads(woo(bench, "watch", "--json").output)
    assert (row["order"], row["state"], row["status"]) == (7, "watching", None)
    assert "order 7" in woo(bench, "watch").output


def test_the_watch_of_several_stores_is_one_list_that_names_them(bench: BridgeBench) -> None:
    assert json.loads(woo(bench, "watch", "--json").output) == []
    connected(bench).place(7)
    assert "store" not in woo(bench, "watch").output
    another_store(bench, "beside")
    with bench.app.app_context(), change() as session:
        now = bench.clock.now()
        until = now + timedelta(days=30)
        session.add(WatchedOrder(store_id="beside", order_id=7, watched_since=now, watch_until=until, look_at=now))
    rows = json.loads(woo(bench, "watch", "--json").output)
    assert [(row["store_id"], row["order"]) for row in rows] == [("beside", 7), ("store", 7)]
    assert "store_id beside  order 7" in woo(bench, "watch").output


def test_a_shop_that_was_not_asked_is_not_called_well(bench: BridgeBench) -> None:
    connected(bench)
    with bench.app.app_context():
        shop_failed("store", "unreachable", "nobody listens", bench.clock.now())
    assert woo(bench, "reconcile").exit_code == 0
    assert is_failing(bench)
    bench.place(7)
    assert woo(bench, "reconcile", "--dry-run").exit_code == 0
    assert is_failing(bench)
    assert woo(bench, "reconcile").exit_code == 0
    assert not is_failing(bench)


def test_a_shop_in_trouble_keeps_no_other_store_waiting(bench: BridgeBench) -> None:
    connected(bench).pay(bench.place(7))
    bench.advance(minutes=3)
    troubles = {"astray": CannotUnseal("it was encrypted with another key"), "down": trouble(TroubleKind.UNREACHABLE)}
    another_store(bench, *troubles)

    def shop(row: Shop) -> MemoryShop:
        if row.store_id in troubles:
            raise troubles[row.store_id]
        return bench.shop

    bench.app.extensions["sattle"].shop = shop
    done = woo(bench, "reconcile")
    assert (done.exit_code, bench.shop.held[7].status) == (1, "processing")
    assert "store astray: it was encrypted" in done.stderr
    assert "store down: the shop: unreachable" in done.stderr
    assert "1 orders were looked at" in done.stdout


def is_failing(bench: BridgeBench) -> bool:
    with bench.app.app_context():
        return reading().get_one(Shop, "store", populate_existing=True).failing_since is not None


def another_store(bench: BridgeBench, *store_ids: str) -> None:
    """Stores beside the bench's own, connected to its shop, too."""
    at = {"home_url": "https://shop.example", "root_url": "", "named_root_url": "", "auth": "basic", "name": "a shop"}
    rest = {"plain_permalinks": False, "sealed_key": "", "key_ending": "", "connected_at": bench.clock.now()}
    with bench.app.app_context(), change() as session:
        for store_id in store_ids:
            session.add(Store(id=store_id, name=store_id, created_at=bench.clock.now()))
            session.flush()
            session.add(Shop(store_id=store_id, **at, **rest))
