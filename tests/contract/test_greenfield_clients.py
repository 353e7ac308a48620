"""Clients of the Greenfield dialect that we did not write, against a live server.

pygreenfield was generated from BTCPay's own document; btcpay-rest-client and btcpay-python-sdk were written by hand.
"""

from decimal import Decimal

import pytest

from tests.contract.conftest import Server
from tests.contract.foreign_client import interpreter_with, told_by
from tests.contract.greenfield_client import Merchant, new_merchant

PYGREENFIELD = """
import json, sys, pygreenfield
from pygreenfield.rest import ApiException

ids = lambda rows: [row["id"] if isinstance(row, dict) else row.id for row in rows]
server, key, store = sys.argv[1:]
settings = pygreenfield.Configuration()
settings.host = server
settings.api_key["Authorization"] = key
settings.api_key_prefix["Authorization"] = "token"
client = pygreenfield.ApiClient(settings)
invoices, webhooks = pygreenfield.InvoicesApi(client), pygreenfield.WebhooksApi(client)
body = {"amount": "20", "currency": "EUR", "metadata": {"orderId": "a b/ü"}}
made = invoices.invoices_create_invoice(body, store)
fetched = invoices.invoices_get_invoice(store, made.id)
listed = invoices.invoices_get_invoices(store, order_id=["a b/ü"])
(method,) = invoices.invoices_get_invoice_payment_methods(store, made.id)
marked = invoices.invoices_mark_invoice_status({"status": "Invalid"}, store, made.id)
archived = invoices.invoices_archive_invoice(store, made.id)
url = {"url": "https://shop.example/hook", "authorizedEvents": {"everything": True}}
# Its class for webhooks was generated without their fields, so their answers are read as they come.
as_it_comes = {"_preload_content": False}
webhook = json.loads(webhooks.api_v1_stores_store_id_webhooks_post(url, store, **as_it_comes).data)
known = json.loads(webhooks.webhokks_get_webhooks(store, **as_it_comes).data)
webhooks.api_v1_stores_store_id_webhooks_webhook_id_delete(store, webhook["id"])
left = json.loads(webhooks.webhokks_get_webhooks(store, **as_it_comes).data)
stores = pygreenfield.StoresApi(client).stores_get_stores()
info = pygreenfield.ServerInfoApi(client).server_info_get_server_info()
current = pygreenfield.APIKeysApi(client).api_v1_api_keys_current_get()
try:
    invoices.invoices_get_invoice(store, "Unknown")
    refused = None
except ApiException as error:
    refused = [error.status, json.loads(error.body)["code"]]
print(json.dumps({
    "id": made.id, "link": made.checkout_link, "fetched": fetched.id, "listed": ids(listed),
    "method": [method.destination, method.rate, method.due, method.activated], "marked": str(marked.status),
    "webhook": webhook, "known": ids(known), "left": left, "version": info.version,
    "stores": ids(stores), "label": current.label, "refused": refused,
}))
"""

REST_CLIENT = """
import json, sys
from btcpay_rest_client.api import BTCPayServerAPIClient

server, key, store = sys.argv[1:]
client = BTCPayServerAPIClient.login_token(server, key)
client.set_store_id(store)
made = client.create_invoice({"amount": 20, "currency": "EUR", "metadata": {"orderId": "a b/ü"}, "checkout": {}})
fetched = client.get_invoice(made["id"])
methods = client.get_invoice_payment_methods(made["id"])
told = {
    "made": made, "fetched": fetched, "methods": methods, "webhooks": client.webhooks_get(),
    "stores": client.list_stores(), "health": client.health(), "info": client.server_info(),
    "user": client.current_user(),
}
print()
print(json.dumps(told))
"""

PYTHON_SDK = """
import json, sys, btcpay

server, btcpay.api_key, btcpay.store_id = sys.argv[1:]
btcpay.host_url = server + "/"
made = btcpay.Invoices.create_invoice(amount="20", currency="EUR", metadata={"orderId": "a b/ü"})
fetched = btcpay.Invoices.get_invoice(made["id"])
methods = btcpay.Invoices.get_invoice_payment_methods(made["id"])
listed = btcpay.Invoices.get_invoices()
updated = btcpay.Invoices.update_invoice(made["id"], {"metadata": {"orderId": "2"}})
marked = btcpay.Invoices.mark_invoice_status(made["id"], "settled")
btcpay.Invoices.archive_invoice(made["id"])
offered = btcpay.PullPayments.create_pull_payment(name="a refund", amount="1.50", currency="EUR")
seen = btcpay.PullPayments.get_pull_payment(offered["id"])
payouts = btcpay.PullPayments.get_pull_payment_payouts(offered["id"])
pulls = btcpay.PullPayments.get_pull_payments()
print(json.dumps({
    "made": made, "fetched": fetched, "methods": methods, "listed": listed, "updated": updated, "marked": marked,
    "offered": offered, "seen": seen, "payouts": payouts, "pulls": pulls,
}))
"""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def owner(server: Server) -> Merchant:
    """A merchant with a store on the live server."""
    made = new_merchant(server.app)
    made.store_id = made.store()
    return made


def test_pygreenfield_sells_marks_and_manages_webhooks(
    server: Server, owner: Merchant, pytestconfig: pytest.Config
) -> None:
    python = interpreter_with("pygreenfield==1.0.0", pytestconfig)
    told = told_by(python, PYGREENFIELD, server.url, owner.key(), owner.store_id)
    assert told["link"].endswith(f"/i/{told['id']}")
    assert (told["fetched"], told["listed"]) == (told["id"], [told["id"]])
    assert told["method"][0].startswith("bcrt1")
    assert told["method"][1:] == ["50000", "0.00040000", True]
    assert told["marked"] == "Invalid"
    assert told["webhook"]["secret"]
    assert (told["known"], told["left"]) == ([told["webhook"]["id"]], [])
    assert (told["stores"], told["label"]) == ([owner.store_id], "a key")
    assert told["version"].startswith("2.")
    assert told["refused"] == [404, "invoice-not-found"]


def test_btcpay_rest_client_sells_and_looks_around(
    server: Server, owner: Merchant, pytestconfig: pytest.Config
) -> None:
    python = interpreter_with("btcpay-rest-client==0.0.10", pytestconfig)
    told = told_by(python, REST_CLIENT, server.url, owner.key(), owner.store_id)
    assert told["fetched"]["id"] == told["made"]["id"]
    assert (Decimal(told["made"]["amount"]), told["made"]["metadata"]) == (20, {"orderId": "a b/ü"})
    assert told["methods"][0]["due"] == "0.00040000"
    assert told["webhooks"] == []
    assert [store["id"] for store in told["stores"]] == [owner.store_id]
    assert set(told["health"]) == {"synchronized"}
    assert told["info"]["version"].startswith("2.")
    assert told["user"]["email"] == owner.email


def test_btcpay_python_sdk_sells_archives_and_offers_refunds(
    server: Server, owner: Merchant, pytestconfig: pytest.Config
) -> None:
    """It writes a slash at the end of its paths, statuses in lower case and True in queries."""
    python = interpreter_with("btcpay-python-sdk==0.1.0", pytestconfig)
    told = told_by(python, PYTHON_SDK, server.url, owner.key(), owner.store_id)
    assert told["fetched"]["id"] == told["made"]["id"]
    assert [invoice["id"] for invoice in told["listed"]] == [told["made"]["id"]]
    assert told["methods"][0]["paymentMethodId"] == "BTC-CHAIN"
    assert told["updated"]["metadata"] == {"orderId": "2"}
    assert (told["marked"]["status"], told["marked"]["additionalStatus"]) == ("Settled", "Marked")
    assert (told["seen"]["amount"], told["seen"]["currency"]) == ("1.50", "EUR")
    assert told["payouts"] == []
    assert [each["id"] for each in told["pulls"]] == [told["offered"]["id"]]
