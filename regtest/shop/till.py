"""Selling by the BitPay dialect: the shop pairs itself with a store, and makes an invoice for each order."""

import json
import threading
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from regtest.clock import MovableClock
from regtest.shop import bitpay_client, phpjson
from regtest.shop.bitid import Key
from regtest.shop.bitpay_client import BitpayClient
from regtest.shop.database import Database
from regtest.shop.errors import NotPaired, ServerRefused, ServerUnreachable
from regtest.shop.inbox import Inbox
from regtest.shop.options import OptionsFile
from regtest.shop.orders import NewOrder, Order, Orders
from regtest.shop.settings import ShopSettings
from regtest.waiting import wait_until

LABEL = "WooCommerce - Sattle's corner shop"
BUYER_EMAIL = "ann@example.com"
PLUGIN_VERSION = "3.0.16"
NOTIFICATION_PATH = "/wc-api/WC_Gateway_BtcPay/"
SERVER_STARTS_SECONDS = 60
SPENT_STATUSES = ("invalid", "expired")
"""The plugin makes a new invoice when the order's present one ended like this; otherwise the old one is shown again."""


class Till:
    """The shop without its pages. Its key and token are files of the state directory, its orders a database there."""

    def __init__(self, settings: ShopSettings) -> None:
        self.settings = settings
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        self.clock = MovableClock(settings.clock_file or settings.state_dir / "clock-offset")
        self.options = OptionsFile(settings.state_dir / "woocommerce.json")
        self.database = Database(settings.state_dir / "orders.db", self.clock.now)
        self.orders = Orders(self.database, self.options.read)
        self.inbox = Inbox(self.database)
        self._pairing = threading.Lock()

    # Pairing

    @property
    def paired(self) -> bool:
        """Whether there is a token."""
        return self._token_file.exists()

    def pair(self, code: str) -> str:
        """Make a new key, pair it, and forget the one before; returns the SIN. Raises ServerRefused or -Unreachable."""
        with self._pairing:
            key = Key.fresh()
            token = bitpay_client.pair(self.settings.server, key, code, LABEL)
            fresh_key = self._key_file.with_suffix(".new")
            key.save(fresh_key)
            fresh_key.replace(self._key_file)
            fresh_token = self._token_file.with_suffix(".new")
            fresh_token.write_text(json.dumps({"token": token, "sin": key.sin}), encoding="ascii")
            fresh_token.replace(self._token_file)
            return key.sin

    def pair_when_reachable(self, code: str) -> None:
        """Pair; a server that is still starting gets a minute. Raises ServerRefused at once, NeverHappened later."""
        wait_until(
            lambda: self.pair(code),
            f"the server at {self.settings.server} to answer",
            SERVER_STARTS_SECONDS,
            every_seconds=0.5,
            ignoring=(ServerUnreachable,),
        )

    @property
    def client(self) -> BitpayClient:
        """The signed calls. Raises NotPaired."""
        if not self.paired:
            raise NotPaired("the shop is not paired with a store yet; it needs a pairing code")
        token = json.loads(self._token_file.read_text(encoding="ascii"))["token"]
        return BitpayClient(self.settings.server, Key.load(self._key_file), token)

    # Orders

    def sell(self, wanted: NewOrder) -> Order:
        """A new order with its invoice. When the server refuses, the order stays, pending and without an invoice."""
        client = self.client
        return self._bill(self.orders.place(wanted), client)

    def pay_again(self, order_id: int) -> Order:
        """The order's invoice once more, or a new one if that has ended: what "pay" on an old order does."""
        order = self.orders.get(order_id)
        client = self.client
        if order.invoice_id and client.fetch_invoice(order.invoice_id).get("status") not in SPENT_STATUSES:
            return order
        return self._bill(order, client)

    def _bill(self, order: Order, client: BitpayClient) -> Order:
        invoice = client.create_invoice(self._invoice_fields(order), self._nonce())
        for name in ("id", "url", "status", "price", "currency"):
            if name not in invoice:
                raise ServerRefused(f"the new invoice lacks {name!r}")
        url = str(invoice["url"])
        if urlsplit(url).scheme not in ("http", "https"):
            raise ServerRefused(f"the new invoice's address is {url!r}")
        self.orders.set_invoice(order.id, str(invoice["id"]), url)
        return self.orders.get(order.id)

    def _invoice_fields(self, order: Order) -> dict[str, object]:
        """The plugin's request, key by key in its order; overrides replace or join them."""
        base = self.settings.url
        fields: dict[str, object] = {
            "price": None if order.total is None else Decimal(order.total),
            "taxIncluded": 0,
            "currency": order.currency,
            "posData": self._pos_data(order),
            "notificationURL": f"{base}{NOTIFICATION_PATH}",
            "transactionSpeed": "default",
            "fullNotifications": True,
            "extendedNotifications": True,
            "redirectURL": f"{base}/checkout/order-received/{order.id}/?key={order.key}",
            "orderID": order.number,
            "physical": False,
            "buyerName": "",
            "buyerAddress1": "",
            "buyerAddress2": "",
            "buyerEmail": BUYER_EMAIL,
        }
        return {**fields, **json.loads(order.overrides)}

    def _pos_data(self, order: Order) -> str:
        """JSON text inside a string; by it alone the shop finds the order of a notification."""
        return phpjson.encode(
            {
                "WooCommerce": {
                    "Order ID": order.id,
                    "Order Number": order.number,
                    "Order URL": f"{self.settings.url}/orders/{order.id}",
                    "Plugin Version": PLUGIN_VERSION,
                }
            }
        )

    def _nonce(self) -> Decimal:
        """Seconds with six digits, as PHP's microtime gives them."""
        now = self.clock.now()
        return Decimal(int(now.timestamp())) + Decimal(now.microsecond).scaleb(-6)

    @property
    def _key_file(self) -> Path:
        return self.settings.state_dir / "key.pem"

    @property
    def _token_file(self) -> Path:
        return self.settings.state_dir / "token.json"
