"""A client of the BitPay dialect that we did not write: btcpay-python."""

import pytest

from tests.contract.conftest import Server
from tests.contract.foreign_client import interpreter_with, told_by

STORY = """
import json, sys
from btcpay import BTCPayClient
from btcpay.crypto import generate_privkey

client = BTCPayClient(host=sys.argv[1], pem=generate_privkey())
token = client.pair_client(sys.argv[2])
client = BTCPayClient(host=sys.argv[1], pem=client.pem, tokens=token)
made = client.create_invoice({"price": 20, "currency": "EUR", "orderId": "a b/ü"})
fetched = client.get_invoice(made["id"])
listed = client.get_invoices(order_id="a b/ü")
rate = client.get_rate("EUR")
print(json.dumps({"made": made, "fetched": fetched, "listed": listed, "rate": rate, "tokens": list(token)}))
"""


@pytest.mark.timeout(300)
def test_btcpay_python_pairs_creates_fetches_and_lists(server: Server, pytestconfig: pytest.Config) -> None:
    code = server.code(server.store())
    told = told_by(interpreter_with("btcpay-python==1.3.0", pytestconfig), STORY, server.url, code)
    assert told["tokens"] == ["merchant"]
    assert told["fetched"]["id"] == told["made"]["id"]
    assert [invoice["id"] for invoice in told["listed"]] == [told["made"]["id"]]
    assert (told["made"]["price"], told["made"]["btcPrice"], told["made"]["orderId"]) == (20, "0.00040000", "a b/ü")
    assert told["rate"] == 50000
