"""How the shop comes to be connected: by the wizard, or by the settings form (plugin contract B2, B3)."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from regtest.shop.errors import ServerRefused, ServerUnreachable, ShopError
from regtest.shop.greenfield.client import GreenfieldClient
from regtest.shop.greenfield.connection import MANUAL, Connection, ConnectionFile
from regtest.shop.greenfield.methods import enabled
from regtest.shop.greenfield.permissions import ASKED, REFUNDS, WEBHOOKS, UnwantedKey, granted_store, grants

CALLBACK = "btcpay-settings-callback"
WEBHOOK_PATH = "/wc-api/btcpaygf_default/"
EVENTS = (
    "InvoiceReceivedPayment",
    "InvoicePaymentSettled",
    "InvoiceProcessing",
    "InvoiceExpired",
    "InvoiceSettled",
    "InvoiceInvalid",
)


def authorize_url(server: str, shop_url: str) -> str:
    """Where "Generate API key" sends the merchant."""
    asked = [
        *(("permissions", name) for name in ASKED),
        ("applicationName", "WooCommerce"),
        ("strict", "true"),
        ("selectiveStores", "true"),
        ("redirect", f"{shop_url}/?{CALLBACK}"),
    ]
    return f"{server}/api-keys/authorize?{urlencode(asked)}"


def cleaned(api_key: str) -> str:
    """A key without what cannot be in one; the plugin removes it silently."""
    return re.sub(r"[^A-Za-z0-9_-]", "", api_key)


class Connector:
    """Both ways to connect. Each returns notices for the merchant; what went well is a notice, too."""

    def __init__(self, file: ConnectionFile, shop_url: str) -> None:
        self._file = file
        self._webhook_url = f"{shop_url}{WEBHOOK_PATH}"

    def finish_wizard(self, api_key: str, permissions: Sequence[str]) -> list[str]:
        """What the server posts back. Raises ServerRefused, ServerUnreachable: the merchant sees an error page then."""
        before, api_key = self._file.read(), cleaned(api_key)
        client = GreenfieldClient(before.server, api_key)
        if not client.stores():
            return ["The server knows no store for this key; nothing was changed."]
        try:
            store_id = granted_store(permissions)
        except UnwantedKey as error:
            return [f"{error}; nothing was changed."]
        self._file.change(api_key=api_key, store_id=store_id)
        notices = ["Connected."]
        if grants(permissions, WEBHOOKS):
            notices.append(self._register(client, store_id))
        return notices

    def save(
        self, server: str, api_key: str, store_id: str, webhook_secret: str, options: Mapping[str, bool]
    ) -> list[str]:
        """The settings form. What was typed is kept, whatever the server says about it."""
        before = self._file.read()
        server, api_key = server.rstrip("/"), cleaned(api_key)
        self._file.change(server=server, api_key=api_key, store_id=store_id, **options)
        try:
            return self._checked(before, GreenfieldClient(server, api_key), store_id, webhook_secret)
        except (ServerRefused, ServerUnreachable) as error:
            return [f"The key could not be checked: {error}"]

    def _checked(self, before: Connection, client: GreenfieldClient, store_id: str, secret: str) -> list[str]:
        permissions = _list(client.current_key().get("permissions"))
        try:
            granted_store(permissions)
        except UnwantedKey as error:
            return [str(error)]
        notices = [] if grants(permissions, REFUNDS) else ["The key does not allow refunds."]
        notices += self._about_server(before)
        if secret:
            self._file.change(webhook_id=MANUAL, webhook_secret=secret, webhook_url=self._webhook_url)
        elif not self._webhook_is_there(client, store_id):
            notices.append(self._register(client, store_id))
        if not enabled(client.payment_methods(store_id)):
            notices.append("The store has no wallet.")
        return notices

    def _about_server(self, before: Connection) -> list[str]:
        """Asked with what was stored *before* this save, so not at all on the first one. Raises ShopError."""
        if not before.is_complete:
            return []
        try:
            info = GreenfieldClient(before.server, before.api_key).server_info()
        except (ServerRefused, ServerUnreachable):
            return []
        if not isinstance(info.get("version"), str):
            raise ServerRefused("the server does not say which version it is")
        return [] if info.get("fullySynched") is True else ["The server's node is still catching up."]

    def _webhook_is_there(self, client: GreenfieldClient, store_id: str) -> bool:
        kept = self._file.read()
        if not kept.webhook_id:
            return False
        try:
            found = client.webhook(store_id, kept.webhook_id)
        except ServerRefused:
            return False
        return found.get("id") == kept.webhook_id and kept.webhook_url in str(found.get("url"))

    def _register(self, client: GreenfieldClient, store_id: str) -> str:
        fields: dict[str, object] = {
            "enabled": True,
            "automaticRedelivery": True,
            "url": self._webhook_url,
            "authorizedEvents": {"everything": False, "specificEvents": list(EVENTS)},
        }
        try:
            made = client.create_webhook(store_id, fields)
            self._file.change(webhook_id=made["id"], webhook_secret=made.get("secret"), webhook_url=made["url"])
        except (ShopError, LookupError, TypeError) as error:
            self._file.change(webhook_id="", webhook_secret=None, webhook_url="")
            return f"No webhook could be registered: {error}"
        return "A webhook was registered."


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
