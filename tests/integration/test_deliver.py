"""Deliveries: in order, again and again, and nobody waits for somebody else's dead endpoint."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.db.models import Delivery, db
from app.db.worker_locks import WorkerLocks, worker_locks
from app.delivery_pool import LOOK_AHEAD, PER_LANE, PROMPT_MS, THREADS, UNPROVEN
from app.notify import Answer, Door
from app.usecases.deliver import Post, due, record_broken, release_dead, start_attempt
from regtest.waiting import wait_until
from tests.integration.delivery_bench import Bench, Shop, event_type


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str, shop: Shop) -> Iterator[Bench]:
    bench = Bench(tmp_path, migrated_url)
    yield bench
    shop.let_go.set()
    bench.stop()


@contextmanager
def locks_of(worker: str) -> Iterator[WorkerLocks]:
    locks = worker_locks(db.engine, worker)
    try:
        yield locks
    finally:
        locks.release()


def by_invoice(_session: Session, delivery: Delivery, _now: object) -> bytes:
    return f"{delivery.invoice_id} {delivery.event.type}".encode()


def cut_connections() -> TextClause:
    """End every connection of this database but the one that says so."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    return text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


@contextmanager
def at_rest(url: str) -> Iterator[None]:
    """The PostgreSQL database at `url` ends every connection and takes no new one."""
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        try:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            yield
        finally:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


def all_are(bench: Bench, invoice: str, state: str) -> Callable[[], bool]:
    return lambda: {found for _, found in bench.states(invoice)} == {state}


def test_the_events_of_an_invoice_arrive_in_their_order(bench: Bench, shop: Shop) -> None:
    bench.start()
    names = [f"event-{number}" for number in range(10)]
    invoice = bench.owe(shop.url, *names)
    wait_until(all_are(bench, invoice, "delivered"), "all to be delivered")
    assert shop.got == names
    assert bench.attempts(invoice) == [(200, True)] * 10


def test_a_failed_event_holds_later_ones_of_its_invoice_back_and_nobody_else(bench: Bench, shop: Shop) -> None:
    shop.statuses["/failing"] = 500
    bench.start()
    first = bench.owe(f"{shop.url}/failing", "paid", "confirmed")
    wait_until(lambda: bench.attempts(first) == [(500, True)], "the first try to fail")
    other = bench.owe(f"{shop.url}/fine", "other")
    wait_until(all_are(bench, other, "delivered"), "the other invoice's IPN")
    assert shop.got == ["paid", "other"]
    shop.statuses["/failing"] = 200
    bench.advance(seconds=11)
    wait_until(all_are(bench, first, "delivered"), "both to be delivered")
    assert shop.got == ["paid", "other", "paid", "confirmed"]


def test_tries_go_on_for_three_days_and_then_fail(bench: Bench, shop: Shop) -> None:
    shop.statuses["/"] = 403
    bench.start()
    invoice = bench.owe(f"{shop.url}/", "paid")
    for tries, seconds in enumerate((11, 61, 301, 901, 1801), start=1):
        wait_until(lambda tries=tries: bench.attempts(invoice) == [(403, True)] * tries, f"try {tries}")
        bench.advance(seconds=seconds)
    wait_until(lambda: bench.attempts(invoice) == [(403, True)] * 6, "the first hourly try")
    assert bench.states(invoice) == [("paid", "pending")]
    bench.advance(hours=72)
    wait_until(all_are(bench, invoice, "failed"), "the delivery to fail")
    assert len(bench.attempts(invoice)) == 7


def test_410_is_given_up_and_what_follows_is_sent(bench: Bench, shop: Shop) -> None:
    shop.statuses["/"] = 410
    bench.start()
    invoice = bench.owe(f"{shop.url}/", "paid", "confirmed")
    wait_until(all_are(bench, invoice, "given_up"), "both to be given up")
    assert shop.got == ["paid", "confirmed"]


def test_a_silent_endpoint_holds_up_no_other_and_gets_few_tries_at_once(bench: Bench, shop: Shop) -> None:
    silent = Shop()
    silent.let_go.clear()
    try:
        for number in range(THREADS * 5):
            bench.owe(f"{silent.url}/{number}", "paid")
        invoice = bench.owe(shop.url, "paid")
        bench.start()
        wait_until(all_are(bench, invoice, "delivered"), "the living endpoint's IPN", 5)
        assert silent.most_at_once == PER_LANE
    finally:
        silent.close()


def test_many_silent_hosts_together_hold_up_none_that_answers(bench: Bench, shop: Shop) -> None:
    """A client may make up names without end, each a host of its own that takes the connection and says nothing."""
    silence = threading.Event()

    def post(url: str, _body: bytes, _headers: dict[str, str]) -> Answer:
        if "tarpit" in url:
            silence.wait(20)
            return Answer(None, "no answer", None, 20_000)
        return Answer(200, None, "", 1)

    bench.pool = bench.new_pool("worker-1", post=post)
    bench.start()
    known = bench.owe("http://shop.example/", "paid")
    wait_until(all_are(bench, known, "delivered"), "the shop to be known to answer")
    try:
        for number in range(LOOK_AHEAD + THREADS):
            bench.owe(f"http://tarpit-{number}.example/", "paid")
        wait_until(lambda: bench.under_way() >= UNPROVEN, "the silent hosts to have all that they may have")
        later = [bench.owe("http://shop.example/", "paid", "confirmed") for _ in range(THREADS)]
        for invoice in later:
            wait_until(all_are(bench, invoice, "delivered"), "the shop's IPNs", 15)
        assert bench.under_way() == UNPROVEN
    finally:
        silence.set()


def test_a_host_that_answers_slowly_shares_with_those_that_do_not_answer(bench: Bench, shop: Shop) -> None:
    slow_to_answer = threading.Event()

    def post(url: str, _body: bytes, _headers: dict[str, str]) -> Answer:
        if "second" in url:
            slow_to_answer.wait(20)
        return Answer(200, None, "", PROMPT_MS + 1)

    bench.pool = bench.new_pool("worker-1", post=post)
    bench.start()
    first = [bench.owe(f"http://slow-{number}.example/first", "paid") for number in range(UNPROVEN + 2)]
    try:
        for invoice in first:
            wait_until(all_are(bench, invoice, "delivered"), "the first answers")
        for number in range(UNPROVEN + 2):
            bench.owe(f"http://slow-{number}.example/second", "paid")
        wait_until(lambda: bench.under_way() == UNPROVEN, "half of the threads to be taken")
        bench.owe("http://slow-0.example/second", "paid")
        assert bench.under_way() == UNPROVEN
    finally:
        slow_to_answer.set()


def test_a_silent_endpoint_holds_up_no_other_whose_name_begins_alike(bench: Bench, shop: Shop) -> None:
    bench.owe("http://shop.example/ipn", "paid")
    invoice = bench.owe("http://shop.example.com/ipn", "paid")
    with bench.app.app_context():
        assert [item.host for item in due(bench.clock.now(), 10, ["shop.example"])] == ["shop.example.com"]
        assert [item.host for item in due(bench.clock.now(), 10, ["shop.example.com"])] == ["shop.example"]
    assert bench.states(invoice) == [("paid", "pending")]


def test_an_endpoint_is_known_by_its_host_without_user_or_case(bench: Bench, shop: Shop) -> None:
    for url in (
        "http://one:secret@Shop.Example:81/a",
        "http://two@shop.example:81/b",
        "https://shop.example/{OrderId}",
    ):
        bench.owe(url, "paid")
    with bench.app.app_context():
        assert [item.host for item in due(bench.clock.now(), 10)] == [
            "shop.example:81",
            "shop.example:81",
            "shop.example",
        ]
        assert [item.host for item in due(bench.clock.now(), 10, ["shop.example:81"])] == ["shop.example"]


def test_the_secrets_of_an_address_are_not_logged(bench: Bench, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    url = shop.url.replace("http://", "http://user:a-secret-word@") + "/ipn?key=another-secret"
    bench.start()
    with caplog.at_level(logging.DEBUG):
        invoice = bench.owe(url, "paid")
        wait_until(all_are(bench, invoice, "delivered"), "the IPN")
        wait_until(lambda: "delivery" in caplog.text, "the line about it, which is written after")
    assert "secret" not in caplog.text


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_a_try_whose_end_the_database_did_not_take_is_made_again(
    bench: Bench, shop: Shop, migrated_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker lives on, so nobody but itself may let go of its claim."""
    shop.let_go.clear()
    invoice = bench.owe(shop.url, "paid", "confirmed")
    bench.start()
    wait_until(lambda: shop.got == ["paid"], "the first try")
    with at_rest(migrated_url):
        shop.let_go.set()
        wait_until(lambda: "in record_broken" in caplog.text, "the end of the try to be lost")
    wait_until(lambda: len(bench.attempts(invoice)) == 2, "the failure to be recorded")
    bench.advance(seconds=61)
    wait_until(all_are(bench, invoice, "delivered"), "both to be delivered")
    assert shop.got == ["paid", "paid", "confirmed"]


def test_a_worker_that_failed_leaves_the_claim_of_another_one_alone(bench: Bench, shop: Shop) -> None:
    bench.owe(shop.url, "paid")
    with bench.app.app_context():
        (item,) = due(bench.clock.now(), 10)
        assert start_attempt(item.id, "one", event_type, bench.clock.now())
        record_broken(item.id, "two", bench.clock.now(), 0.5)
        assert due(bench.clock.now(), 10) == []
        record_broken(item.id, "one", bench.clock.now(), 0.5)
    bench.advance(minutes=2)
    with bench.app.app_context():
        assert [again.id for again in due(bench.clock.now(), 10)] == [item.id]


def test_what_a_killed_worker_was_telling_is_told_again(bench: Bench, shop: Shop) -> None:
    invoice = bench.owe(shop.url, "paid", "confirmed")
    with bench.app.app_context(), locks_of("worker-1") as locks:
        (item,) = due(bench.clock.now(), 10)
        assert start_attempt(item.id, "killed worker", event_type, bench.clock.now())
        assert due(bench.clock.now(), 10) == []
        assert locks.leads()
        release_dead(locks.is_dead)
    bench.start()
    wait_until(all_are(bench, invoice, "delivered"), "both to be delivered")
    assert shop.got == ["paid", "confirmed"]
    assert sorted(bench.attempts(invoice), key=str) == [(200, True), (200, True), (None, False)]


def test_a_delivery_is_claimed_once(bench: Bench, shop: Shop) -> None:
    bench.owe(shop.url, "paid")
    with bench.app.app_context():
        (item,) = due(bench.clock.now(), 10)
        first = start_attempt(item.id, "one", event_type, bench.clock.now())
        second = start_attempt(item.id, "two", event_type, bench.clock.now())
    assert (first is not None, second) == (True, None)


def test_a_body_that_cannot_be_made_is_tried_later_and_blocks_no_thread(
    bench: Bench, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    bench.pool = bench.new_pool("worker-1", broken)
    bench.start()
    with caplog.at_level(logging.ERROR):
        invoice = bench.owe(shop.url, "paid")
        wait_until(lambda: len(bench.attempts(invoice)) == 1, "the try to be recorded")
    assert (bench.states(invoice), shop.got) == ([("paid", "pending")], [])
    assert "ZeroDivisionError" in caplog.text


def test_one_worker_leads_and_the_next_one_follows_it(bench: Bench) -> None:
    with bench.app.app_context(), locks_of("one") as one, locks_of("two") as two:
        assert [one.leads(), two.leads(), one.leads()] == [True, False, True]
        one.release()
        wait_until(two.leads, "the next worker to lead")
        assert [one.leads(), two.leads()] == [False, True]


def test_a_worker_lets_go_of_no_claim_of_its_own(bench: Bench, shop: Shop) -> None:
    bench.owe(shop.url, "paid")
    with bench.app.app_context(), locks_of("worker-1") as locks:
        assert locks.leads()
        (item,) = due(bench.clock.now(), 10)
        assert start_attempt(item.id, "worker-1", event_type, bench.clock.now())
        release_dead(locks.is_dead)
        assert due(bench.clock.now(), 10) == []


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_a_worker_is_dead_once_its_connection_ended(bench: Bench) -> None:
    with bench.app.app_context(), locks_of("one") as one, locks_of("two") as two:
        assert [one.leads(), two.leads()] == [True, False]
        assert [one.is_dead("two"), two.is_dead("one"), one.is_dead("one")] == [False, False, False]
        one.release()
        wait_until(lambda: two.is_dead("one"), "the end of the connection to be noticed")
        assert two.is_dead("nobody")


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_a_worker_whose_connection_broke_takes_its_locks_again(bench: Bench) -> None:
    with bench.app.app_context(), locks_of("one") as one, locks_of("two") as two:
        assert one.leads()
        db.session.execute(cut_connections())
        assert one.leads() is False
        assert [one.leads(), two.leads(), two.is_dead("one")] == [True, False, False]


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_two_workers_share_the_deliveries_each_told_once_and_in_order(bench: Bench, shop: Shop) -> None:
    told: list[tuple[str, bytes]] = []

    def telling(worker: str) -> Post:
        def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
            told.append((worker, body))
            return door.post(url, body, headers)

        return post

    door = Door(allow_private=True)
    names = [f"event-{number}" for number in range(4)]
    invoices = [bench.owe(shop.url, *names) for _ in range(THREADS)]
    bench.start(*(bench.new_pool(name, by_invoice, telling(name)) for name in ("worker-1", "worker-2")))
    for invoice in invoices:
        wait_until(all_are(bench, invoice, "delivered"), "all to be delivered")
    assert {worker for worker, _ in told} == {"worker-1", "worker-2"}
    for invoice in invoices:
        assert [said for said in shop.got if said.startswith(invoice)] == [f"{invoice} {name}" for name in names]
