"""The harness itself: whole Sattles around the shared node, and what they show when something is wrong."""

from pathlib import Path

import pytest
import requests

from regtest.errors import RegtestError
from regtest.harness import Harness
from regtest.node import Node
from regtest.waiting import wait_until


def test_an_order_is_bought_paid_and_seen_by_sattle_and_the_merchants_wallet(node: Node, sattle: Harness) -> None:
    order = sattle.order("10.00", "EUR")
    destination = sattle.destination(order)
    txid = sattle.pay(order)
    wait_until(lambda: sattle.invoice(order)["payments"], "Sattle to see the payment")
    [payment] = sattle.invoice(order)["payments"]
    assert payment["outpoint"].startswith(txid)
    assert sattle.store.merchant.received_sats(destination) == payment["value_sats"] == 20_000
    node.mine()
    wait_until(lambda: sattle.invoice(order)["payments"][0]["confirmations"] == 1, "Sattle to see the block")
    assert sattle.shop.look(order)["invoice_id"] == order.invoice_id


def test_a_killed_web_comes_back_at_the_same_address_and_with_its_invoices(sattle: Harness) -> None:
    order = sattle.order()
    sattle.web.kill()
    with pytest.raises(requests.ConnectionError):
        requests.get(sattle.server, timeout=5)
    sattle.start_web()
    assert sattle.invoice(order)["invoice"]


def test_a_sattle_that_cannot_start_says_why_and_leaves_nothing_running(node: Node, tmp_path: Path) -> None:
    broken = Harness(node, tmp_path, settings={"SATTLE_NETWORK": "nowhere"})
    with pytest.raises(RegtestError, match="SATTLE_NETWORK"), broken:
        pass
    assert not broken.web.alive
    assert not broken.worker.alive


def test_a_program_that_ended_is_named_with_the_end_of_its_log(sattle: Harness) -> None:
    sattle.web.stop()
    with pytest.raises(RegtestError, match=r"web ended with code"):
        sattle.web.require_alive()
    assert "gunicorn" in sattle.last_words()["web"]
