"""A refund: the shop asks for a pull payment and gives its link to the customer. No money moves by that (B2, 12)."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from regtest.shop.errors import ServerRefused, ServerUnreachable, ShopError
from regtest.shop.greenfield.cashier import charged
from regtest.shop.greenfield.client import GreenfieldClient
from regtest.shop.greenfield.connection import Connection
from regtest.shop.greenfield.methods import DEFAULT_GATEWAY, Methods, gateway_of
from regtest.shop.greenfield.permissions import REFUNDS
from regtest.shop.orders import Order, Orders

OLDEST_VERSION = (1, 7, 6)
NAME_BYTES = 50
NOT_PAID_OUT = ("LNURL", "XMR")


class NoRefund(ShopError):
    """The plugin refused, before or after it asked the server; the text says why. Nothing was written down."""


class Refunds:
    """What the merchant does on an order's page in the back office."""

    def __init__(self, connection: Callable[[], Connection], methods: Methods, orders: Orders) -> None:
        self._connection = connection
        self._methods = methods
        self._orders = orders

    def refund(self, order: Order, amount: str, reason: str) -> dict[str, str]:
        """Offer `amount` in the order's currency to the customer. Raises NoRefund, ServerRefused, ServerUnreachable."""
        self._require_amount(order, amount)
        settings = self._connection()
        client = GreenfieldClient(settings.server, settings.api_key)
        _require_version(client)
        _require_permission(client)
        made = client.create_pull_payment(settings.store_id, self._fields(order, amount, reason))
        pull_payment_id, link = made.get("id"), made.get("viewLink")
        if not isinstance(pull_payment_id, str) or not isinstance(link, str):
            raise ServerRefused(f"the pull payment has id {pull_payment_id!r} and viewLink {link!r}")
        self._orders.add_refund(order.id, amount, reason, pull_payment_id, link)
        is_all = self._orders.refundable(self._orders.get(order.id)) == 0
        note = f"Refund of {amount} {order.currency} offered: pull payment {pull_payment_id}, to be claimed at {link}"
        self._orders.move(order.id, "refunded" if is_all else None, note)
        return {"pull_payment_id": pull_payment_id, "link": link}

    def _require_amount(self, order: Order, amount: str) -> None:
        """WooCommerce itself refunds no more than was paid."""
        try:
            wanted = Decimal(amount)
        except InvalidOperation:
            raise NoRefund(f"{amount!r} is no amount") from None
        if not wanted.is_finite() or not 0 < wanted <= self._orders.refundable(order):
            raise NoRefund(f"{amount} is not between 0 and what was not refunded yet, {self._orders.refundable(order)}")

    def _fields(self, order: Order, amount: str, reason: str) -> dict[str, object]:
        methods = [method for method in self._methods.ids() if not any(word in method for word in NOT_PAID_OUT)]
        if order.gateway != DEFAULT_GATEWAY:
            methods = [method for method in methods if gateway_of(method) == order.gateway]
        amount, currency = charged(amount, order.currency)[0] or amount, charged(amount, order.currency)[1]
        return {
            "name": _cut(f"Refund of order {order.number}; {reason}"),
            "description": None,
            "amount": amount,
            "currency": currency,
            "period": None,
            "BOLT11Expiration": None,
            "autoApproveClaims": False,
            "startsAt": None,
            "expiresAt": None,
            "paymentMethods": methods,
            "payoutMethods": methods,
        }


def _require_version(client: GreenfieldClient) -> None:
    try:
        version = str(client.server_info()["version"])
    except (ServerRefused, ServerUnreachable, LookupError, TypeError):
        raise NoRefund("the server does not say that it can refund") from None
    numbers = tuple(int(part) for part in version.partition("+")[0].partition("-")[0].split(".") if part.isdigit())
    if numbers < OLDEST_VERSION:
        raise NoRefund(f"a server of version {version} cannot refund")


def _require_permission(client: GreenfieldClient) -> None:
    try:
        permissions = client.current_key()["permissions"]
    except (ServerRefused, ServerUnreachable, LookupError, TypeError):
        permissions = []
    if not any(str(permission).startswith(f"{REFUNDS}:") for permission in permissions):
        raise NoRefund(f"the key lacks the permission {REFUNDS}")


def _cut(name: str) -> str:
    """At most fifty bytes, cut without regard to letters: half a letter cannot be sent."""
    try:
        return name.encode()[:NAME_BYTES].decode()
    except UnicodeDecodeError:
        raise NoRefund("the reason is cut within a letter; write a shorter one") from None
