"""Addresses and the keys behind them."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from regtest.waiting import wait_until
from tests.e2e.case import Case
from tests.e2e.place import Place

ORDERS = 10
GAP_LIMIT = 20  # of most merchants' wallets


def test_two_stores_with_one_key_never_give_an_address_twice(place: Place, case: Case) -> None:
    """Row 32: they sell at the same time, and each is told of its own money."""
    key = case.store.merchant.account_key()
    first = place.sattle.new_shop(place.sattle.installation.create_store("first-of-two", key).id)[1]
    second = place.sattle.new_shop(place.sattle.installation.create_store("second-of-two", key).id)[1]
    with ThreadPoolExecutor(4) as pool:
        orders = list(pool.map(lambda shop: shop.order("10.00"), [first, second] * ORDERS))
    addresses = [place.sattle.destination(order) for order in orders]
    assert len(set(addresses)) == 2 * ORDERS
    assert all(case.store.merchant.owns(address) for address in addresses)
    place.payer.pay_many([(addresses[0], 20_000), (addresses[1], 20_000)])
    place.node.mine()
    for shop, order in ((first, orders[0]), (second, orders[1])):
        wait_until(lambda shop=shop, order=order: shop.look(order)["status"] == "processing", "the shop to be paid")
    assert len(place.ledger.payments(orders[0].invoice_id, orders[1].invoice_id)) == 2


def wallet_of(place: Place, store_id: str) -> dict[str, Any]:
    """What `flask wallet list` says about the wallet that a store is paid to."""
    listed = place.sattle.installation.flask_json("wallet", "list")
    (wallet,) = [entry for entry in listed if store_id in [store["id"] for store in entry["stores"]]]
    return dict(wallet)


def test_money_beyond_the_gap_of_the_merchants_own_wallet_is_ours_and_the_merchant_is_warned(place: Place) -> None:
    """Row 33: 25 customers ordered and did not pay, the next one does."""
    case = Case(place.sattle)
    for _ in range(GAP_LIMIT + 5):
        case.order("10.00")
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_order("processing")
    assert case.store.merchant.owns(order.address)
    assert wallet_of(place, case.store.id)["next_index"] == GAP_LIMIT + 6
    told = place.sattle.installation.flask("wallet", "list")
    (advised,) = re.findall(r"set the gap limit of the wallet that holds the keys to (\d+)", told)
    assert int(advised) >= GAP_LIMIT + 6


def test_a_scan_waits_for_another_one_and_begins_again_when_it_was_aborted(place: Place) -> None:
    """Row 34: it finds what was paid to an address that the merchant took from this wallet elsewhere."""
    case = Case(place.sattle)
    wallet = wallet_of(place, case.store.id)
    key = case.store.merchant.account_key()
    descriptor = place.node.rpc("getdescriptorinfo", f"wpkh({key}/0/*)")["descriptor"]
    (address,) = place.node.rpc("deriveaddresses", descriptor, [7, 7])
    case.payer.pay(address, 20_000)
    case.node.mine()
    already = 'Scan already in progress, use action "abort" or "status"'
    place.cable.rpc.refuse("scantxoutset", -8, already, times=2)
    place.cable.rpc.alter("scantxoutset", lambda said: {**said, "success": False}, nth=4)
    place.sattle.installation.flask("wallet", "scan", str(wallet["id"]))
    place.sattle.advance(61)
    wait_until(lambda: wallet_of(place, case.store.id)["next_index"] == 8, "the scan to find index 7", 90)
    assert place.cable.rpc.calls["scantxoutset"] >= 3
    assert case.order("10.00").address not in (address, None)
