"""Addresses and the keys behind them."""

from concurrent.futures import ThreadPoolExecutor

from regtest.waiting import wait_until
from tests.e2e.case import Case
from tests.e2e.place import Place

ORDERS = 10


def test_two_stores_with_one_key_never_give_an_address_twice(place: Place, case: Case) -> None:
    """Row 32: they sell at the same time, and each is told of its own money."""
    key = case.store.merchant.account_key()
    first = place.sattle.new_shop(place.sattle.installation.create_store("first-of-two", key))[1]
    second = place.sattle.new_shop(place.sattle.installation.create_store("second-of-two", key))[1]
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
