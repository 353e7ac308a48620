"""What webhooks are told, byte by byte, and what they ask for (webhooks 1 to 4)."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.chain import Outpoint
from app.domain.events import Event, EventType
from app.domain.exact_json import loads
from app.domain.webhooks import (
    TYPES,
    Envelope,
    PaidBy,
    Subscription,
    WebhookTerms,
    WebhookType,
    body,
    content,
    signature,
)

AT = datetime(2026, 11, 28, 12, 0, 0, 900_000, tzinfo=UTC)
OUTPOINT = Outpoint("ab" * 32, 1)
PAID_BY = PaidBy(str(OUTPOINT), "BTC-CHAIN", AT, "0.00024680", "0.00000000", "Processing", "bcrt1qaddress")
SHARED = {"type", "storeId", "invoiceId", "metadata"}
PAYOUT = {"payoutId": None, "pullPaymentId": None, "payoutState": None}
OF_PAYMENTS = {EventType.RECEIVED_PAYMENT, EventType.PAYMENT_SETTLED}


def told(kind: EventType, metadata: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    of_payment = kind in OF_PAYMENTS
    event = Event(kind, outpoint=OUTPOINT if of_payment else None, **facts)
    said: dict[str, Any] = loads(
        content(event, "a store", "an invoice", metadata or {}, PAID_BY if of_payment else None)
    )
    return said


@pytest.mark.parametrize(
    ("kind", "type_", "particulars"),
    [
        (EventType.CREATED, "InvoiceCreated", {}),
        (EventType.RECEIVED_PAYMENT, "InvoiceReceivedPayment", {"afterExpiration": False}),
        (EventType.PAYMENT_SETTLED, "InvoicePaymentSettled", {"afterExpiration": False}),
        (EventType.PAID_IN_FULL, "InvoiceProcessing", {"overPaid": False}),
        (EventType.EXPIRED, "InvoiceExpired", {"partiallyPaid": False}),
        (EventType.EXPIRED_PAID_PARTIAL, "InvoiceExpiredPaidPartial", {}),
        (EventType.PAID_AFTER_EXPIRATION, "InvoicePaidAfterExpiration", {}),
        (EventType.CONFIRMED, "InvoiceSettled", {"manuallyMarked": False, "overPaid": False}),
        (EventType.MARKED_COMPLETE, "InvoiceSettled", {"manuallyMarked": False, "overPaid": False}),
        (EventType.MARKED_INVALID, "InvoiceInvalid", {"manuallyMarked": False}),
        (EventType.FAILED_TO_CONFIRM, "InvoiceInvalid", {"manuallyMarked": False}),
        (EventType.REFUND, "InvoiceRefund", {"pullPaymentId": None}),
        (EventType.PAYOUT_CREATED, "PayoutCreated", PAYOUT),
        (EventType.PAYOUT_APPROVED, "PayoutApproved", PAYOUT),
        (EventType.PAYOUT_UPDATED, "PayoutUpdated", PAYOUT),
    ],
)
def test_every_event_has_its_type_and_its_fields_also_where_they_do_not_apply(
    kind: EventType, type_: str, particulars: dict[str, Any]
) -> None:
    said = told(kind)
    payment = {"paymentMethodId", "payment"} if kind in OF_PAYMENTS else set()
    assert (said["type"], said["storeId"], said["invoiceId"]) == (type_, "a store", "an invoice")
    assert set(said) == SHARED | set(particulars) | payment
    assert {name: said[name] for name in particulars} == particulars


@pytest.mark.parametrize(
    ("kind", "facts", "name"),
    [
        (EventType.RECEIVED_PAYMENT, {"after_expiration": True}, "afterExpiration"),
        (EventType.PAYMENT_SETTLED, {"after_expiration": True}, "afterExpiration"),
        (EventType.PAID_IN_FULL, {"over_paid": True}, "overPaid"),
        (EventType.EXPIRED, {"partially_paid": True}, "partiallyPaid"),
        (EventType.CONFIRMED, {"over_paid": True}, "overPaid"),
        (EventType.MARKED_COMPLETE, {"manually_marked": True}, "manuallyMarked"),
        (EventType.MARKED_INVALID, {"manually_marked": True}, "manuallyMarked"),
    ],
)
def test_a_flag_is_true_where_it_applies(kind: EventType, facts: dict[str, bool], name: str) -> None:
    assert told(kind, **facts)[name] is True


def test_a_payment_is_told_with_texts_for_amounts_and_seconds_for_its_time() -> None:
    said = told(EventType.RECEIVED_PAYMENT)
    assert said["paymentMethodId"] == "BTC-CHAIN"
    assert said["payment"] == {
        "id": f"{OUTPOINT.txid}-1",
        "receivedDate": int(AT.timestamp()),
        "value": "0.00024680",
        "fee": "0.00000000",
        "status": "Processing",
        "destination": "bcrt1qaddress",
    }


def test_a_refund_names_its_pull_payment() -> None:
    assert told(EventType.REFUND, pull_payment_id="a pull payment")["pullPaymentId"] == "a pull payment"


def test_a_payout_names_itself_and_the_state_it_came_to() -> None:
    said = told(EventType.PAYOUT_UPDATED, pull_payment_id="a pull payment", payout=("a payout", "Completed"))
    assert (said["payoutId"], said["payoutState"]) == ("a payout", "Completed")
    assert (said["pullPaymentId"], said["invoiceId"]) == ("a pull payment", "an invoice")


def test_our_own_events_and_completed_are_told_to_no_webhook() -> None:
    unheard = {EventType.COMPLETED, EventType.SETTLED_PAYMENT_LOST, EventType.SETTLED_PAYMENT_RETURNED}
    unheard |= {EventType.CLOSED_WITH_ORDER}
    assert set(EventType) - set(TYPES) == unheard
    assert set(TYPES.values()) == set(WebhookType)


def test_metadata_comes_back_as_it_was_given() -> None:
    given = '{"z":1,"a":{"deep":[1.10,12345678901234567890,null,true]},"umlaut":"Käse 🧀","posData":"{\\"x\\":1}"}'
    said = content(Event(EventType.CREATED), "a store", "an invoice", loads(given))
    assert said.count('"deep":[1.10,12345678901234567890,null,true]') == 1
    again = body(said, Envelope("one", "one", "a webhook", AT)).decode()
    assert "1.10" in again
    assert list(json.loads(again)["metadata"]) == ["z", "a", "umlaut", "posData"]
    assert json.loads(again)["metadata"]["umlaut"] == "Käse 🧀"


def test_an_attempt_says_which_it_is_and_which_the_first_one_was() -> None:
    said = content(Event(EventType.CREATED), "a store", "an invoice", {})
    first = json.loads(body(said, Envelope("one", "one", "a webhook", AT)))
    second = json.loads(body(said, Envelope("two", "one", "a webhook", AT)))
    assert (first["deliveryId"], first["originalDeliveryId"], first["isRedelivery"]) == ("one", "one", False)
    assert (second["deliveryId"], second["originalDeliveryId"], second["isRedelivery"]) == ("two", "one", True)
    assert first["webhookId"] == "a webhook"
    assert first["timestamp"] == second["timestamp"] == int(AT.timestamp())


def test_bodies_are_indented_and_the_same_each_time() -> None:
    said = content(Event(EventType.PAID_IN_FULL), "a store", "an invoice", {"orderId": "7"})
    sent = body(said, Envelope("one", "one", "a webhook", AT))
    assert sent.startswith(b'{\n  "deliveryId": "one",\n')
    assert sent == body(said, Envelope("one", "one", "a webhook", AT))


def test_the_signature_is_the_one_of_the_specification() -> None:
    sent = b'{\n  "type": "InvoiceSettled"\n}'
    assert signature("s3cret", sent) == "sha256=f5dfb373d6bcff195c09c89f505b73469f7a3585a92fea0009dadd0251fda42f"
    assert signature("s3cret", sent.replace(b"  ", b" ")) != signature("s3cret", sent)


def test_a_secret_counts_as_its_utf8_text() -> None:
    assert (
        signature("schlüssel", b"{}") == "sha256=" + hmac.new("schlüssel".encode(), b"{}", hashlib.sha256).hexdigest()
    )


def test_a_webhook_is_told_what_it_asks_for() -> None:
    some = Subscription(everything=False, types=("InvoiceSettled", "SomethingNew"))
    assert [kind for kind in WebhookType if some.wants(kind)] == [WebhookType.SETTLED]
    assert all(Subscription().wants(kind) for kind in WebhookType)
    assert not any(Subscription(everything=False).wants(kind) for kind in WebhookType)


def test_subscriptions_are_equal_in_any_order() -> None:
    one, other = Subscription(False, ("a", "b")), Subscription(False, ("b", "a"))
    assert one.equals(other)
    assert not one.equals(Subscription(False, ("a",)))
    assert not one.equals(Subscription(True, ("a", "b")))
    assert Subscription(True, ("a",)).equals(Subscription())


def test_terms_do_not_show_their_secret() -> None:
    assert "hush" not in repr(WebhookTerms("https://shop.example/", secret="hush"))
