"""What goes wrong between server and shop while the money is in order."""

from regtest.scenarios.catalogue import Need, scenario
from regtest.scenarios.stage import Played, Stage
from regtest.waiting import wait_until

FIRST_RETRIES_SECONDS = 6 * 60


@scenario(Need.TIME, Need.STAND_IN)
def shop_down(stage: Stage) -> None:
    """The shop answers 503 while the payment comes and settles; it is told everything when it is back."""
    _untold_then_told(stage, "down")


@scenario(Need.TIME, Need.STAND_IN)
def firewall_for_a_while(stage: Stage) -> None:
    """A firewall answers 403 to the news for some minutes; nothing is lost."""
    _untold_then_told(stage, "forbidden")


@scenario(Need.TIME, Need.SHOP)
def paid_at_the_second_try(stage: Stage) -> None:
    """The first invoice of an order expires, the buyer orders again and pays; only what was paid is paid."""
    first = stage.order()
    stage.until_expired(first)
    first.wait("Expired")
    second = stage.order()
    second.pay()
    second.wait_seen()
    second.settle()
    first.wait("Expired")
    first.wait_order("cancelled")


def _untold_then_told(stage: Stage, mode: str) -> None:
    order = stage.order()
    with stage.news_answered("down" if mode == "forbidden" and not stage.by_webhooks else mode):
        order.pay()
        order.wait("Processing", "Settled")
        order.bury()
        order.wait("Settled")
        _wait_refused(stage, order)
        order.wait_order("pending")
    stage.later(FIRST_RETRIES_SECONDS)
    order.wait_order("processing", "completed")


def _wait_refused(stage: Stage, order: Played) -> None:
    order_id = order.order_id or ""
    wait_until(lambda: stage.stand_in.refusals(order_id) > 0, "the shop to refuse news", stage.patience_seconds)
