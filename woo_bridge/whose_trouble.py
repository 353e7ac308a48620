"""Whether a shop as a whole does not answer, or fails over one order alone."""

from datetime import timedelta

from woo_bridge.errors import ShopTrouble
from woo_bridge.ports import Desk

YEAR = timedelta(days=366)


def is_of_one_order(desk: Desk, trouble: ShopTrouble) -> bool:
    """Does the shop answer otherwise? Asked for the changes of next year, of which there are none, it tells."""
    if trouble.is_odd:
        return True
    if not trouble.may_be_one_answer:
        return False
    try:
        desk.shop.orders_modified_after(desk.now() + YEAR)
    except ShopTrouble as another:
        return another.is_odd
    return True
