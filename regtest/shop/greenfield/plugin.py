"""The Greenfield plugin of one shop, all of it together."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from regtest.shop.errors import NotPaired, ServerUnreachable, ShopError
from regtest.shop.greenfield.cashier import Cashier
from regtest.shop.greenfield.client import GreenfieldClient
from regtest.shop.greenfield.connecting import Connector, authorize_url
from regtest.shop.greenfield.connection import Connection, ConnectionFile
from regtest.shop.greenfield.deliveries import Webhooks
from regtest.shop.greenfield.methods import DEFAULT_GATEWAY, Methods, gateway_of
from regtest.shop.greenfield.permissions import granted_store
from regtest.shop.greenfield.refunds import Refunds
from regtest.shop.inbox import Inbox
from regtest.shop.orders import NewOrder, Order, Orders
from regtest.shop.settings import ShopSettings
from regtest.waiting import wait_until

SERVER_STARTS_SECONDS = 60


class GreenfieldPlugin:
    """Connects, sells, listens and refunds. What the merchant set is a file of the state directory."""

    def __init__(self, settings: ShopSettings, orders: Orders, inbox: Inbox, now: Callable[[], datetime]) -> None:
        self.shop_url = settings.url
        self.file = ConnectionFile(settings.state_dir / "greenfield.json")
        self.orders = orders
        self.methods = Methods(self._fetch_methods, now)
        self.webhooks = Webhooks(orders, inbox)
        self._connector = Connector(self.file, settings.url)
        self._cashier = Cashier(self.file.read, self.methods, orders, settings.url)
        self._refunds = Refunds(self.file.read, self.methods, orders)
        self.notices: list[str] = []

    @property
    def settings(self) -> Connection:
        """What is set at present."""
        return self.file.read()

    @property
    def connected(self) -> bool:
        """Whether the shop can sell by this plugin."""
        return self.settings.is_complete

    # Connecting

    def begin_wizard(self, server: str) -> str:
        """Keep the server's address as typed; returns where the merchant goes. The server is not asked anything."""
        server = server.strip().rstrip("/")
        self.file.change(server=server)
        return authorize_url(server, self.shop_url)

    def finish_wizard(self, api_key: str, permissions: Sequence[str]) -> list[str]:
        """Raises ServerRefused, ServerUnreachable."""
        self.methods.forget()
        self.notices = self._connector.finish_wizard(api_key, permissions)
        return self.notices

    def save(
        self,
        server: str,
        api_key: str,
        store_id: str,
        webhook_secret: str = "",
        options: Mapping[str, bool] | None = None,
    ) -> list[str]:
        """The settings form; `protect` is on unless it is switched off there."""
        self.methods.forget()
        chosen = {"protect": True, **(options or {})}
        self.notices = self._connector.save(server, api_key, store_id, webhook_secret, chosen)
        return self.notices

    def believe_in(self, methods: Sequence[str]) -> None:
        """Take these payment methods for the store's, too."""
        self.file.change(extra_methods=tuple(methods))
        self.methods.forget()

    def connect_when_reachable(self, server: str, api_key: str) -> None:
        """Save the form with the store that the key is for; a server that is still starting gets a minute."""

        def key() -> Any:
            return GreenfieldClient(server, api_key).current_key()

        granted = wait_until(
            key,
            f"the server at {server} to answer",
            SERVER_STARTS_SECONDS,
            every_seconds=0.5,
            ignoring=(ServerUnreachable,),
        )
        self.save(server, api_key, granted_store(granted["permissions"]))

    # Selling

    def gateways(self) -> list[str]:
        """What a buyer may choose from: the default gateway, and one for each method where that is switched on."""
        if not self.connected:
            return []
        if not self.settings.separate_gateways:
            return [DEFAULT_GATEWAY]
        try:
            methods = self.methods.ids()
        except ShopError:
            methods = []
        return [DEFAULT_GATEWAY, *map(gateway_of, methods)]

    def sell(self, wanted: NewOrder) -> Order:
        """A new order with its invoice. When the server refuses, the order stays, pending and without an invoice."""
        if not self.connected:
            raise NotPaired("the shop is not connected with a server yet; connect it on its settings page")
        return self._cashier.pay(self.orders.place(wanted))

    def pay_again(self, order: Order) -> Order:
        """The order's invoice once more or a new one, for the gateway that the order has now."""
        return self._cashier.pay(order)

    def refund(self, order: Order, amount: str, reason: str) -> dict[str, str]:
        """Raises NoRefund, ServerRefused, ServerUnreachable."""
        return self._refunds.refund(order, amount, reason)

    def _fetch_methods(self) -> Any:
        settings = self.settings
        found = GreenfieldClient(settings.server, settings.api_key).payment_methods(settings.store_id)
        extra = [{"paymentMethodId": method, "enabled": True} for method in settings.extra_methods]
        return [*found, *extra] if extra else found
