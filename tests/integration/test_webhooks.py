"""Webhooks: signed, in order, judged again when they are sent, and nobody waits for somebody else's dead shop."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.db.models import Attempt, Delivery, Invoice, Webhook
from app.db.queries import reading
from app.db.session import change
from app.delivery_pool import PER_LANE, THREADS
from app.domain.events import EventType
from app.domain.invoice import Status
from app.domain.webhooks import Subscription, WebhookTerms
from app.errors import BodyPruned, NotAllowed, NotFound
from app.usecases.change_webhook import change_webhook, delete_webhook, disable_webhook
from app.usecases.create_webhook import MOST_ENABLED
from app.usecases.deliver import due
from app.usecases.mark_invoice import mark_invoice
from app.usecases.prune_deliveries import prune_deliveries
from regtest.shop.greenfield.connecting import EVENTS as PLUGIN
from regtest.waiting import wait_until
from tests.integration.webhook_bench import PluginShop, WebhookBench

CREATED, PROCESSING, SETTLED = EventType.CREATED, EventType.PAID_IN_FULL, EventType.CONFIRMED


@pytest.fixture
def shop() -> Iterator[PluginShop]:
    shop = PluginShop()
    yield shop
    shop.close()


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str, shop: PluginShop) -> Iterator[WebhookBench]:
    bench = WebhookBench(tmp_path, migrated_url)
    yield bench
    shop.let_go.set()
    bench.stop()


def terms_of(bench: WebhookBench, webhook_id: str) -> WebhookTerms:
    with bench.app.app_context():
        row = reading().get_one(Webhook, webhook_id)
        return WebhookTerms(row.endpoint.url, row.subscription, row.enabled, row.automatic_redelivery)


def change_terms(bench: WebhookBench, webhook_id: str, **terms: Any) -> None:
    wanted = replace(terms_of(bench, webhook_id), **terms)
    with bench.app.app_context():
        change_webhook(webhook_id, wanted)


def test_events_arrive_signed_and_in_order_with_all_that_they_say(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, secret = bench.webhook(shop.url + "/hook")
    shop.secrets["/hook"] = secret
    bench.start()
    invoice = bench.happen(CREATED, PROCESSING, EventType.COMPLETED, SETTLED, metadata={"orderId": "7", "deep": [1]})
    wait_until(bench.all_are(invoice, "delivered", "delivered", "delivered"), "all to be delivered")
    assert shop.types("/hook") == ["InvoiceCreated", "InvoiceProcessing", "InvoiceSettled"]
    assert all(sent.is_signed_with(secret) for sent in shop.sent)
    told = shop.sent[0].body
    assert (told["webhookId"], told["storeId"], told["invoiceId"]) == (webhook_id, "store", invoice)
    assert told["metadata"] == {"orderId": "7", "deep": [1]}
    assert told["deliveryId"] == told["originalDeliveryId"]
    assert told["isRedelivery"] is False
    assert len({sent.body["deliveryId"] for sent in shop.sent}) == 3


def test_metadata_is_told_as_it_was_at_the_event(bench: WebhookBench, shop: PluginShop) -> None:
    bench.webhook(shop.url)
    invoice = bench.happen(PROCESSING, metadata={"orderId": "before"})
    with bench.app.app_context(), change() as session:
        session.get_one(Invoice, invoice).metadata_ = {"orderId": "after"}
    bench.happen(SETTLED, invoice=invoice)
    bench.start()
    wait_until(bench.all_are(invoice, "delivered", "delivered"), "both to be delivered")
    assert [sent.body["metadata"]["orderId"] for sent in shop.sent] == ["before", "after"]


def test_only_what_is_asked_for_is_owed(bench: WebhookBench, shop: PluginShop) -> None:
    bench.webhook(shop.url, *PLUGIN)
    bench.webhook(shop.url, "InvoiceSettled", enabled=False)
    invoice = bench.happen(CREATED, SETTLED, EventType.COMPLETED)
    assert bench.states(invoice) == [("invoice_confirmed", "pending")]


def test_a_firewall_that_refuses_for_200_seconds_costs_nothing(bench: WebhookBench, shop: PluginShop) -> None:
    bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 403
    bench.start()
    invoice = bench.happen(PROCESSING, SETTLED)
    for tries, seconds in ((1, 11), (2, 61), (3, 130)):
        wait_until(lambda tries=tries: bench.attempts(invoice) == [(403, True)] * tries, f"try {tries}")
        bench.advance(seconds=seconds)
    shop.statuses["/hook"] = 200
    bench.advance(seconds=180)
    wait_until(bench.all_are(invoice, "delivered", "delivered"), "both to be delivered")
    assert shop.types("/hook") == ["InvoiceProcessing"] * 4 + ["InvoiceSettled"]
    tries = [sent.body for sent in shop.sent[:4]]
    assert {told["originalDeliveryId"] for told in tries} == {tries[0]["deliveryId"]}
    assert [told["isRedelivery"] for told in tries] == [False, True, True, True]
    assert len({told["deliveryId"] for told in tries}) == 4
    assert len({told["timestamp"] for told in tries}) == 1


def test_without_automatic_redelivery_there_is_one_try(bench: WebhookBench, shop: PluginShop) -> None:
    bench.webhook(shop.url + "/hook", automatic_redelivery=False)
    shop.statuses["/hook"] = 500
    bench.start()
    invoice = bench.happen(PROCESSING, SETTLED)
    wait_until(bench.all_are(invoice, "failed", "failed"), "both to fail")
    assert shop.types("/hook") == ["InvoiceProcessing", "InvoiceSettled"]
    assert "automatic redelivery off" in (bench.reasons(invoice)[0][1] or "")


def test_automatic_redelivery_that_is_switched_off_ends_the_tries(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 500
    bench.start()
    invoice = bench.happen(PROCESSING)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try")
    change_terms(bench, webhook_id, automatic_redelivery=False)
    bench.advance(seconds=11)
    wait_until(bench.all_are(invoice, "failed"), "it to fail")
    assert len(shop.sent) == 1


def test_a_secret_and_an_address_that_change_between_tries_count_at_once(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, old = bench.webhook(shop.url + "/old")
    shop.secrets = {"/old": "the shop has another", "/new": "a new secret"}
    bench.start()
    invoice = bench.happen(PROCESSING)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try to be refused")
    change_terms(bench, webhook_id, url=shop.url + "/new", secret="a new secret")
    bench.advance(seconds=11)
    wait_until(bench.all_are(invoice, "delivered"), "the second try")
    assert [sent.is_signed_with(key) for sent, key in zip(shop.sent, (old, "a new secret"), strict=True)] == [True] * 2
    change_terms(bench, webhook_id)  # without a secret: it keeps its own
    with bench.app.app_context():
        assert reading().get_one(Webhook, webhook_id).secret == "a new secret"


def test_a_webhook_that_is_deleted_between_tries_is_told_nothing_more(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 500
    bench.start()
    invoice = bench.happen(PROCESSING, SETTLED)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try")
    with bench.app.app_context():
        delete_webhook(webhook_id, bench.clock.now())
    bench.advance(hours=2)
    other = bench.happen(SETTLED)
    assert bench.reasons(invoice) == [("superseded", "its webhook was deleted")] * 2
    assert (bench.reasons(other), len(shop.sent)) == ([], 1)
    with bench.app.app_context():
        assert reading().get_one(Webhook, webhook_id).secret == ""
        with pytest.raises(NotFound):
            delete_webhook(webhook_id, bench.clock.now())


def test_a_webhook_that_is_deleted_during_a_try_keeps_its_end(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url)
    shop.let_go.clear()
    bench.start()
    invoice = bench.happen(PROCESSING)
    wait_until(lambda: len(shop.sent) == 1, "the try to begin")
    with bench.app.app_context():
        delete_webhook(webhook_id, bench.clock.now())
    shop.let_go.set()
    wait_until(lambda: bench.attempts(invoice) == [(200, True)], "the try to be recorded")
    assert bench.reasons(invoice) == [("superseded", "its webhook was deleted")]


def test_disabled_or_narrowed_webhooks_are_judged_when_it_would_be_sent(bench: WebhookBench, shop: PluginShop) -> None:
    disabled, _ = bench.webhook(shop.url + "/disabled", "InvoiceProcessing", "InvoiceSettled")
    narrowed, _ = bench.webhook(shop.url + "/narrowed", "InvoiceProcessing", "InvoiceSettled")
    invoice = bench.happen(PROCESSING, SETTLED)
    with bench.app.app_context():
        disable_webhook(disabled)
    change_terms(bench, narrowed, subscription=Subscription(everything=False, types=("InvoiceSettled",)))
    bench.start()
    wait_until(bench.all_are(invoice, "superseded", "superseded", "superseded", "delivered"), "all to end")
    assert [reason for _, reason in bench.reasons(invoice)] == [
        "its webhook is disabled",
        "its webhook no longer asks for InvoiceProcessing",
        "its webhook is disabled",
        None,
    ]
    assert [(sent.path, sent.type) for sent in shop.sent] == [("/narrowed", "InvoiceSettled")]


def test_a_dead_webhook_delays_no_other_and_a_failing_invoice_no_other_invoice(
    bench: WebhookBench, shop: PluginShop
) -> None:
    dead = PluginShop()
    dead.let_go.clear()
    try:
        bench.webhook(dead.url + "/dead", *PLUGIN)
        bench.webhook(shop.url + "/living", *PLUGIN)
        bench.start()
        invoices = [bench.happen(PROCESSING, SETTLED) for _ in range(6)]
        for invoice in invoices:
            wait_until(bench.all_are(invoice, "pending", "delivered", "pending", "delivered"), "the living one", 10)
        assert shop.types("/living").count("InvoiceSettled") == 6
    finally:
        dead.close()


def test_a_silent_webhook_delays_no_other_on_the_same_host(bench: WebhookBench, shop: PluginShop) -> None:
    shop.silent = "/silent"
    shop.let_go.clear()
    bench.webhook(shop.url + "/silent")
    invoices = [bench.happen(PROCESSING) for _ in range(THREADS)]
    bench.webhook(shop.url + "/living", "InvoiceSettled")
    bench.start()
    wait_until(lambda: shop.types("/silent") == ["InvoiceProcessing"] * PER_LANE, "the silent one to have its share")
    for invoice in invoices:
        bench.happen(SETTLED, invoice=invoice)
        wait_until(bench.all_are(invoice, "pending", "pending", "delivered"), "the living one", 10)
    assert len(shop.types("/silent")) == PER_LANE


def test_a_failing_invoice_holds_up_no_other_of_the_same_webhook(bench: WebhookBench, shop: PluginShop) -> None:
    bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 500
    bench.start()
    first = bench.happen(PROCESSING)
    wait_until(lambda: bench.attempts(first) == [(500, True)], "the first try to fail")
    shop.statuses["/hook"] = 200
    other = bench.happen(PROCESSING)
    wait_until(bench.all_are(other, "delivered"), "the other invoice's delivery")
    assert bench.all_are(first, "pending")()


def test_processing_gives_way_to_settled_after_an_hour_of_failures(bench: WebhookBench, shop: PluginShop) -> None:
    bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 500
    bench.start()
    paid, unpaid = bench.happen(PROCESSING), bench.happen(PROCESSING)
    for invoice in (paid, unpaid):
        wait_until(lambda invoice=invoice: bench.attempts(invoice) == [(500, True)], "the first try to fail")
    shop.let_go.clear()
    bench.happen(SETTLED, invoice=paid)
    with bench.app.app_context(), change() as session:
        for row in session.scalars(select(Delivery).where(Delivery.state == "pending")):
            row.next_at += timedelta(days=1)
    bench.advance(minutes=59)
    assert bench.supersede() == 0
    bench.advance(minutes=2)
    assert bench.supersede() == 1
    assert bench.supersede() == 0
    assert bench.reasons(paid) == [
        ("superseded", "it failed for an hour, and InvoiceSettled waits behind it"),
        ("pending", None),
    ]
    assert bench.reasons(unpaid) == [("pending", None)]


def test_processing_that_gave_way_is_not_sent_even_where_its_time_had_come(
    bench: WebhookBench, shop: PluginShop
) -> None:
    bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 500
    bench.start()
    invoice = bench.happen(PROCESSING, EventType.MARKED_COMPLETE)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try to fail")
    shop.statuses["/hook"] = 200
    bench.advance(minutes=61)
    wait_until(bench.all_are(invoice, "superseded", "delivered"), "the later status to arrive")
    assert shop.types("/hook") == ["InvoiceProcessing", "InvoiceSettled"]


def test_an_equal_webhook_replaces_one_that_an_api_key_made(bench: WebhookBench, shop: PluginShop) -> None:
    old, lost = bench.webhook(shop.url + "/hook", *PLUGIN)
    shop.secrets["/hook"] = "unknown yet"
    bench.start()
    invoice = bench.happen(PROCESSING, SETTLED)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try to fail")
    new, secret = bench.webhook(shop.url + "/hook", *reversed(PLUGIN))
    shop.secrets["/hook"] = secret
    bench.advance(seconds=11)
    wait_until(bench.all_are(invoice, "delivered", "delivered"), "what was owed")
    assert [sent.is_signed_with(lost) for sent in shop.sent] == [True, False, False]
    told = [sent.body for sent in shop.sent]
    assert [each["webhookId"] for each in told] == [old, new, new]
    assert told[1]["originalDeliveryId"] == told[0]["deliveryId"]
    with bench.app.app_context():
        row = reading().get_one(Webhook, old)
        assert (row.enabled, row.replaced_by) == (False, new)
    later = bench.happen(SETTLED)
    wait_until(bench.all_are(later, "delivered"), "what came later to arrive once")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"by_hand": True}, {}),
        ({}, {"by_hand": True}),
        ({}, {"enabled": False}),
        ({"enabled": False}, {}),
        ({}, {"types": ("InvoiceSettled",)}),
        ({}, {"types": ()}),
        ({}, {"path": "/hook/"}),
    ],
)
def test_other_webhooks_are_left_alone(
    bench: WebhookBench, shop: PluginShop, old: dict[str, Any], new: dict[str, Any]
) -> None:
    def made(path: str = "/hook", types: tuple[str, ...] = PLUGIN, **options: Any) -> str:
        return bench.webhook(shop.url + path, *types, **options)[0]

    first = made(**old)
    before = terms_of(bench, first)
    made(**new)
    assert terms_of(bench, first) == before
    with bench.app.app_context():
        assert reading().get_one(Webhook, first).replaced_by is None


def test_what_is_written_for_a_webhook_while_it_is_replaced_follows(bench: WebhookBench, shop: PluginShop) -> None:
    old, _ = bench.webhook(shop.url + "/hook", *PLUGIN)
    invoice = bench.happen(SETTLED)
    _, secret = bench.webhook(shop.url + "/hook", *PLUGIN)
    with bench.app.app_context(), change() as session:  # as if it had been written at the same moment
        delivery = session.scalars(select(Delivery).where(Delivery.invoice_id == invoice)).one()
        delivery.endpoint_id = session.get_one(Webhook, old).endpoint_id
    bench.start()
    wait_until(bench.all_are(invoice, "delivered"), "it to arrive")
    assert [sent.is_signed_with(secret) for sent in shop.sent] == [True]


def test_a_redelivery_has_the_promised_id_and_belongs_to_the_chain(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url)
    bench.start()
    invoice = bench.happen(SETTLED)
    wait_until(bench.all_are(invoice, "delivered"), "the delivery")
    original = shop.sent[0].body["deliveryId"]
    again = bench.redeliver(webhook_id, original)
    wait_until(lambda: len(shop.sent) == 2, "the redelivery")
    wait_until(bench.all_are(invoice, "delivered"), "the redelivery to be recorded")
    third = bench.redeliver(webhook_id, again)
    wait_until(lambda: len(shop.sent) == 3, "the redelivery of the redelivery")
    told = [sent.body for sent in shop.sent]
    assert [each["deliveryId"] for each in told] == [original, again, third]
    assert [each["originalDeliveryId"] for each in told] == [original] * 3
    assert [each["isRedelivery"] for each in told] == [False, True, True]
    assert len({each["timestamp"] for each in told}) == 1


def test_a_redelivery_does_not_wait_behind_a_back_off(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    bench.start()
    invoice = bench.happen(CREATED)
    wait_until(bench.all_are(invoice, "delivered"), "the first event")
    shop.statuses["/hook"] = 500
    bench.happen(PROCESSING, SETTLED, invoice=invoice)
    wait_until(lambda: len(shop.sent) == 2, "the second event")
    wait_until(lambda: bench.attempts(invoice)[-1] == (500, True), "its failure to be recorded")
    shop.statuses["/hook"] = 200
    bench.redeliver(webhook_id, shop.sent[0].body["deliveryId"])
    wait_until(lambda: len(shop.sent) == 3, "the redelivery of what was over, past what waits")
    assert shop.types("/hook") == ["InvoiceCreated", "InvoiceProcessing", "InvoiceCreated"]
    bench.redeliver(webhook_id, shop.sent[1].body["deliveryId"])
    wait_until(bench.all_are(invoice, "delivered", "delivered", "delivered"), "what waited, at once")
    assert shop.types("/hook")[3:] == ["InvoiceProcessing", "InvoiceSettled"]


def test_a_redelivery_that_fails_is_tried_again_and_holds_up_nothing(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 410
    bench.start()
    invoice = bench.happen(PROCESSING)
    wait_until(bench.all_are(invoice, "given_up"), "it to be given up")
    bench.advance(hours=80)
    shop.statuses["/hook"] = 500
    bench.redeliver(webhook_id, shop.sent[0].body["deliveryId"])
    wait_until(lambda: bench.attempts(invoice) == [(410, True), (500, True)], "the redelivery to fail")
    assert bench.all_are(invoice, "pending")()
    shop.statuses["/hook"] = 200
    bench.happen(SETTLED, invoice=invoice)
    wait_until(bench.all_are(invoice, "pending", "delivered"), "what came later")
    bench.advance(seconds=11)
    wait_until(bench.all_are(invoice, "delivered", "delivered"), "the next try of the redelivery")


def test_a_redelivery_that_is_asked_for_during_a_try_follows_it(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 500
    bench.start()
    invoice = bench.happen(PROCESSING)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try")
    shop.statuses["/hook"] = 200
    shop.let_go.clear()
    bench.advance(seconds=11)
    wait_until(lambda: len(shop.sent) == 2, "the second try to begin")
    first = shop.sent[0].body["deliveryId"]
    promised = bench.redeliver(webhook_id, first)
    assert bench.redeliver(webhook_id, first) == promised
    shop.let_go.set()
    wait_until(bench.all_are(invoice, "delivered"), "both")
    assert [sent.body["deliveryId"] for sent in shop.sent][2:] == [promised]


def test_a_redelivery_asked_for_during_a_try_that_fails_keeps_its_place(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    shop.statuses["/hook"] = 500
    bench.start()
    invoice = bench.happen(PROCESSING)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try")
    shop.let_go.clear()
    bench.advance(seconds=11)
    wait_until(lambda: len(shop.sent) == 2, "the second try to begin")
    bench.redeliver(webhook_id, shop.sent[0].body["deliveryId"])
    shop.let_go.set()
    wait_until(lambda: bench.attempts(invoice) == [(500, True)] * 3, "the second try and the redelivery")
    shop.statuses["/hook"] = 200
    bench.happen(SETTLED, invoice=invoice)
    with bench.app.app_context():
        assert due(bench.clock.now(), 10) == []
    bench.advance(minutes=6)
    wait_until(bench.all_are(invoice, "delivered", "delivered"), "both")
    assert shop.types("/hook")[3:] == ["InvoiceProcessing", "InvoiceSettled"]


def test_a_redelivery_of_what_arrived_long_ago_is_not_taken_for_failing(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    bench.start()
    invoice = bench.happen(PROCESSING)
    wait_until(bench.all_are(invoice, "delivered"), "the first event")
    bench.advance(hours=2)
    shop.statuses["/hook"] = 500
    bench.happen(SETTLED, invoice=invoice)
    wait_until(lambda: bench.attempts(invoice) == [(200, True), (500, True)], "the second event to fail")
    promised = bench.redeliver(webhook_id, shop.sent[0].body["deliveryId"])
    wait_until(lambda: len(shop.sent) == 3, "the redelivery")
    assert bench.supersede() == 0
    assert shop.sent[2].body["deliveryId"] == promised


def test_what_failed_with_a_replaced_webhook_is_tried_with_the_new_one(bench: WebhookBench, shop: PluginShop) -> None:
    bench.webhook(shop.url + "/hook", *PLUGIN)
    shop.statuses["/hook"] = 500
    bench.start()
    invoice = bench.happen(SETTLED)
    wait_until(lambda: bench.attempts(invoice) == [(500, True)], "the first try")
    _, secret = bench.webhook(shop.url + "/hook", *PLUGIN, automatic_redelivery=False)
    shop.statuses["/hook"] = 200
    bench.advance(seconds=11)
    wait_until(bench.all_are(invoice, "delivered"), "the try of the new one")
    assert shop.sent[1].is_signed_with(secret)


def test_old_bodies_are_dropped_and_what_waits_keeps_its_own(bench: WebhookBench, shop: PluginShop) -> None:
    webhook_id, _ = bench.webhook(shop.url + "/hook")
    bench.start()
    old = bench.happen(SETTLED)
    wait_until(bench.all_are(old, "delivered"), "the old one")
    resent = bench.happen(SETTLED)
    wait_until(bench.all_are(resent, "delivered"), "the one that is sent again later")
    bench.advance(days=50)
    bench.redeliver(webhook_id, shop.sent[1].body["deliveryId"])
    wait_until(lambda: len(shop.sent) == 3, "the redelivery")
    wait_until(bench.all_are(resent, "delivered"), "it to be recorded")
    bench.advance(days=10, hours=1)
    shop.statuses["/hook"] = 500
    young = bench.happen(SETTLED)
    with bench.app.app_context():
        assert [prune_deliveries(bench.clock.now()), prune_deliveries(bench.clock.now())] == [1, 0]
        kept = {row.invoice_id: row.content is not None for row in reading().scalars(select(Delivery))}
        assert kept == {old: False, resent: True, young: True}
        assert len(reading().scalars(select(Attempt).where(Attempt.webhook_id == webhook_id)).all()) >= 3
    with pytest.raises(BodyPruned):
        bench.redeliver(webhook_id, shop.sent[0].body["deliveryId"])


@pytest.mark.parametrize(("by_api", "waits"), [(True, 10), (False, 0)])
def test_invalid_made_by_the_api_is_told_ten_seconds_later(
    bench: WebhookBench, shop: PluginShop, by_api: bool, waits: int
) -> None:
    bench.webhook(shop.url, *PLUGIN)
    invoice, now = bench.happen(), bench.clock.now()
    with bench.app.app_context():
        mark_invoice(invoice, Status.INVALID, now, by_api=by_api)
        delivery = reading().scalars(select(Delivery)).one()
        assert delivery.next_at - now == timedelta(seconds=waits)
    bench.advance(seconds=waits)
    bench.start()
    wait_until(bench.all_are(invoice, "delivered"), "it to be told")
    assert shop.sent[0].body["manuallyMarked"] is True


def test_the_enabled_webhooks_of_a_store_are_limited(bench: WebhookBench, shop: PluginShop) -> None:
    for number in range(MOST_ENABLED):
        bench.webhook(f"{shop.url}/{number}")
    with pytest.raises(NotAllowed, match="100 enabled"):
        bench.webhook(shop.url)
    bench.webhook(f"{shop.url}/0")  # in the place of another
    disabled, _ = bench.webhook(shop.url, enabled=False)
    with pytest.raises(NotAllowed, match="100 enabled"):
        change_terms(bench, disabled, enabled=True)


def test_secrets_reach_no_log(bench: WebhookBench, shop: PluginShop, caplog: pytest.LogCaptureFixture) -> None:
    bench.start()
    with caplog.at_level(logging.DEBUG):
        _, secret = bench.webhook(shop.url + "/hook?key=an-order-key")
        invoice = bench.happen(SETTLED)
        wait_until(bench.all_are(invoice, "delivered"), "the delivery")
        wait_until(lambda: "delivery" in caplog.text, "the line about it, which is written after")
    assert secret not in caplog.text
    assert "an-order-key" not in caplog.text
