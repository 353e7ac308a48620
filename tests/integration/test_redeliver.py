"""A person asks for a delivery once more: an IPN goes as a webhook's does, once, with the attempt that was promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.models import Attempt, Delivery, Webhook, db
from app.db.session import change
from app.errors import NotAllowed, NotFound
from app.usecases.redeliver import redeliver_delivery
from regtest.waiting import wait_until
from tests.integration.delivery_bench import Bench, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str, shop: Shop) -> Iterator[Bench]:
    bench = Bench(tmp_path, migrated_url)
    yield bench
    bench.stop()


def again(bench: Bench) -> str:
    """Ask for the one delivery there is."""
    with bench.app.app_context():
        delivery_id = db.session.scalars(select(Delivery.id)).one()
        promised = redeliver_delivery(delivery_id, bench.clock.now())
    bench.pool.wake()
    return promised


def tried(bench: Bench) -> list[str]:
    with bench.app.app_context():
        ended = select(Attempt.id).where(Attempt.duration_ms.is_not(None)).order_by(Attempt.started_at)
        return list(db.session.scalars(ended))


def test_an_ipn_is_posted_once_more_with_the_attempt_that_was_promised(bench: Bench, shop: Shop) -> None:
    bench.start()
    invoice = bench.owe(shop.url + "/ipn", "invoice_confirmed")
    wait_until(lambda: bench.states(invoice) == [("invoice_confirmed", "delivered")], "the first delivery")
    promised = again(bench)
    wait_until(lambda: tried(bench)[1:] == [promised] and bench.states(invoice)[0][1] == "delivered", "the second one")
    assert shop.got == ["invoice_confirmed"] * 2


def test_an_ipn_that_waits_for_its_next_try_goes_at_once_and_asking_twice_sends_it_once(
    bench: Bench, shop: Shop
) -> None:
    shop.statuses["/ipn"] = 503
    bench.start()
    invoice = bench.owe(shop.url + "/ipn", "invoice_confirmed")
    wait_until(lambda: len(tried(bench)) == 1, "a try that failed")
    shop.statuses["/ipn"] = 200
    with bench.app.app_context():
        delivery_id = db.session.scalars(select(Delivery.id)).one()
        asked = {redeliver_delivery(delivery_id, bench.clock.now()) for _ in range(2)}
    bench.pool.wake()
    wait_until(lambda: bench.states(invoice)[0][1] == "delivered", "a delivery at last")
    assert (len(asked), tried(bench)[1:]) == (1, list(asked))


def test_what_nobody_would_get_is_not_sent_again(bench: Bench, shop: Shop) -> None:
    bench.owe(shop.url + "/hook", "invoice_confirmed")
    with bench.app.app_context(), change() as session:
        row = session.scalars(select(Delivery)).one()
        row.shape, row.content = "webhook", "{}"
        hook = {"secret": "s", "automatic_redelivery": True, "everything": True, "specific_events": [], "by_hand": True}
        now = bench.clock.now()
        session.add(
            Webhook(id="w", store_id="store", endpoint_id=row.endpoint_id, enabled=False, created_at=now, **hook)
        )
    with pytest.raises(NotAllowed, match="switched off"):
        again(bench)
    with bench.app.app_context(), change() as session:
        session.get_one(Webhook, "w").deleted_at = bench.clock.now()
    with pytest.raises(NotAllowed, match="deleted"):
        again(bench)
    with bench.app.app_context(), pytest.raises(NotFound):
        redeliver_delivery(99, bench.clock.now())
