"""A client that we did not write: btcpay-python, in a virtual environment of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Server

VERSION = "btcpay-python==1.3.0"
INSTALL_SECONDS = 150
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


@pytest.fixture(scope="session")
def btcpay_python(request: pytest.FixtureRequest) -> Path:
    """The interpreter of an environment that holds the client; kept for the next run."""
    home = Path(request.config.cache.mkdir("btcpay-python-1.3.0"))
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", VERSION], check=True, timeout=INSTALL_SECONDS)
        (home / "complete").touch()
    return python


@pytest.mark.timeout(300)
def test_btcpay_python_pairs_creates_fetches_and_lists(server: Server, btcpay_python: Path) -> None:
    code = server.code(server.store())
    done = subprocess.run(
        [btcpay_python, "-c", STORY, server.url, code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["tokens"] == ["merchant"]
    assert told["fetched"]["id"] == told["made"]["id"]
    assert [invoice["id"] for invoice in told["listed"]] == [told["made"]["id"]]
    assert (told["made"]["price"], told["made"]["btcPrice"], told["made"]["orderId"]) == (20, "0.00040000", "a b/ü")
    assert told["rate"] == 50000
