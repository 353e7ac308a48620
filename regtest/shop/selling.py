"""A buyer's choice of how to pay: the gateways of both plugins, and the plugin that an order belongs to."""

from regtest.shop.errors import NotPaired
from regtest.shop.greenfield.methods import DEFAULT_GATEWAY, GATEWAY
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.orders import BITPAY, NewOrder, Order
from regtest.shop.till import Till


def choices(till: Till, plugin: GreenfieldPlugin) -> dict[str, str]:
    """Gateway to what a buyer reads, the Greenfield plugin's first; only those that can be used."""
    words = {DEFAULT_GATEWAY: "Bitcoin"}
    found = {gateway: words.get(gateway, f"Bitcoin ({gateway})") for gateway in plugin.gateways()}
    return found | ({BITPAY: "Bitcoin (older plugin)"} if till.paired else {})


def sell(till: Till, plugin: GreenfieldPlugin, wanted: NewOrder) -> Order:
    """A new order with its invoice by the chosen gateway. Raises NotPaired, ServerRefused, ServerUnreachable."""
    if wanted.gateway == BITPAY:
        return till.sell(wanted)
    _require(plugin, wanted.gateway)
    return plugin.sell(wanted)


def pay_again(till: Till, plugin: GreenfieldPlugin, order_id: int, gateway: str | None = None) -> Order:
    """What "pay" on an old order does; the buyer may choose another gateway. Raises as `sell`, and NoSuchOrder."""
    order = till.orders.get(order_id)
    if gateway is not None and gateway != order.gateway:
        if gateway != BITPAY:
            _require(plugin, gateway)
        till.orders.set_gateway(order_id, gateway)
        order = till.orders.get(order_id)
    return till.pay_again(order_id) if order.gateway == BITPAY else plugin.pay_again(order)


def _require(plugin: GreenfieldPlugin, gateway: str) -> None:
    if not gateway.startswith(GATEWAY) or gateway not in plugin.gateways():
        raise NotPaired(f"the shop has no gateway {gateway} at present")
