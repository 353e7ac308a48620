"""Webhooks while the shop's firewall, its secret or its other endpoints are not as they should be."""

from regtest.ports import free_port
from regtest.waiting import wait_until
from tests.e2e.case import Case, Order

ALL = ("InvoiceReceivedPayment", "InvoiceProcessing", "InvoicePaymentSettled", "InvoiceSettled")


def paid_while(case: Case, mode: str) -> Order:
    """An order that is paid while the shop's endpoint answers like this; its first webhook was refused once."""
    order = case.order("10.00")
    case.answer(mode)
    order.pay(20_000)
    order.wait_status("Processing")
    wait_refusals(order, 1)
    return order


def wait_refusals(order: Order, count: int) -> None:
    wait_until(lambda: len(order.refused()) == count, f"{count} refused webhooks of order {order.id}", 30)


def test_a_firewall_that_answers_403_for_200_seconds_delays_and_loses_nothing(case: Case) -> None:
    order = paid_while(case, "forbidden")
    case.sattle.advance(11)
    wait_refusals(order, 2)
    case.sattle.advance(61)
    wait_refusals(order, 3)
    case.sattle.advance(128)
    case.ledger.catch_up()
    assert [each["answered"] for each in order.refused()] == [403] * 3
    assert {each["type"] for each in order.refused()} == {"InvoiceReceivedPayment"}, "the others keep their place"
    case.answer("ok")
    case.node.mine()
    case.sattle.advance(5 * 60)
    order.wait_told(*ALL)
    assert order.in_shop()["status"] == "processing"
    tries = [each["body"] for each in order.in_shop()["deliveries"] if each["type"] == "InvoiceReceivedPayment"]
    assert len({body["deliveryId"] for body in tries}) == 4
    assert {body["originalDeliveryId"] for body in tries} == {tries[0]["deliveryId"]}
    assert [body["isRedelivery"] for body in tries] == [False, True, True, True]
    assert len({body["timestamp"] for body in tries}) == 1


def test_a_secret_that_is_changed_between_retries_signs_the_next_one(case: Case) -> None:
    order = paid_while(case, "down")
    webhook = case.api("GET", f"/webhooks/{case.settings()['webhook_id']}").json()
    assert case.api("PUT", f"/webhooks/{webhook['id']}", {**webhook, "secret": "another one"}).status_code == 200
    assert case.settings(webhook_secret="another one")["webhook_id"] == "manual"
    case.answer("ok")
    case.sattle.advance(11)
    case.node.mine()
    order.wait_told(*ALL)
    assert order.in_shop()["status"] == "processing"
    assert [each["answered"] for each in order.refused()] == [503]


def test_a_webhook_that_is_deleted_between_retries_is_told_nothing_more(case: Case) -> None:
    order = paid_while(case, "down")
    assert case.api("DELETE", f"/webhooks/{case.settings()['webhook_id']}").status_code == 200
    case.answer("ok")
    case.sattle.advance(11)
    case.node.mine()
    order.wait_status("Settled")
    case.sattle.advance(3600)
    case.ledger.catch_up()
    assert order.webhook_types() == []
    assert len(order.refused()) == 1
    assert "pending" not in case.ledger.deliveries(order.invoice_id)


def test_a_dead_webhook_beside_a_live_one_delays_nobody(case: Case) -> None:
    dead = {"url": f"http://127.0.0.1:{free_port()}/nobody", "authorizedEvents": {"everything": True}}
    made = case.api("POST", "/webhooks", dead)
    assert made.status_code == 200, made.text
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_told(*ALL)
    assert order.in_shop()["status"] == "processing"
    tried = case.api("GET", f"/webhooks/{made.json()['id']}/deliveries").json()
    assert {each["status"] for each in tried} == {"Failed"}


def test_a_second_wizard_replaces_the_webhook_and_loses_nothing_that_was_owed(case: Case) -> None:
    """The plugin registers the same address again, and keeps only the newest secret."""
    order = paid_while(case, "down")
    first = case.settings()["webhook_id"]
    webhook = case.api("GET", f"/webhooks/{first}").json()
    made = case.api("POST", "/webhooks", {name: webhook[name] for name in ("url", "authorizedEvents")}).json()
    assert made["id"] != first
    case.settings(webhook_secret=made["secret"])
    case.answer("ok")
    case.sattle.advance(11)
    case.node.mine()
    order.wait_told(*ALL)
    assert order.in_shop()["status"] == "processing"
