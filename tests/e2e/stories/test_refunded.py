"""A refund is claimed, approved and paid on a real node; the chain alone says when it is done."""

import json
from typing import Any

import pytest
import requests

from regtest.waiting import wait_until
from tests.e2e.case import SECONDS
from tests.e2e.place import Place

SATS = 40_000


class Refund:
    """A pull payment of 0.0004 BTC in a store of its own, and its one claim."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.node = place.node
        self.store = place.sattle.new_store()
        email = f"{self.store.name}@shop.example"
        _, made = place.sattle.installation.flask_each(
            ["user", "create", email, "--store", self.store.id, "--generate", "--json"],
            ["api-key", "create", email, "unrestricted", "--json"],
        )
        self.headers = {"Authorization": f"token {json.loads(made)['apiKey']}"}
        self.address = self.node.new_address("bech32m")
        offered = self.post(
            f"/stores/{self.store.id}/pull-payments",
            {"name": "Refund of order 7", "amount": "0.0004", "currency": "BTC", "payoutMethods": ["BTC_CHAIN"]},
        )
        self.link = offered["viewLink"]
        claimed = self.post(f"/pull-payments/{offered['id']}/payouts", {"destination": self.address})
        self.id: str = claimed["id"]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answered = requests.post(
            f"{self.place.sattle.server}/api/v1{path}", json=body, headers=self.headers, timeout=SECONDS
        )
        answered.raise_for_status()
        return answered.json() if answered.content else None

    def approve(self) -> None:
        self.post(f"/payouts/{self.id}", {"revision": 0})

    def standing(self) -> tuple[str, str | None]:
        """(state, txid)"""
        answered = requests.get(
            f"{self.place.sattle.server}/api/v1/payouts/{self.id}", headers=self.headers, timeout=SECONDS
        ).json()
        return answered["state"], (answered["paymentProof"] or {}).get("id")

    def wait(self, state: str, txid: str | None = None) -> None:
        wait_until(
            lambda: self.standing() == (state, txid),
            f"the payout to be {state}, not {self.standing()}",
            timeout_seconds=30,
        )

    def wait_psbt(self, state: str) -> str | None:
        """The transaction that is proposed, when the proposal has come to that state."""
        return wait_until(lambda: self._proposed(state), f"the transaction to be {state}")[0]

    def _proposed(self, state: str) -> list[str | None]:
        shown = self.place.sattle.installation.flask_json("payout", "show", self.id)
        return [shown["psbt"]] if shown["psbt_state"] == state else []

    def pay(self) -> str:
        return self.node.payer.pay(self.address, SATS)


@pytest.fixture
def refund(place: Place) -> Refund:
    return Refund(place)


@pytest.mark.postgresql
def test_a_refund_is_claimed_approved_paid_and_completed_and_a_reorg_undoes_it(refund: Refund) -> None:
    page = requests.get(refund.link, timeout=SECONDS)
    assert (page.status_code, "has to approve it" in page.text) == (200, True)
    refund.approve()
    refund.wait("AwaitingPayment")
    txid = refund.pay()
    refund.wait("InProgress", txid)
    refund.node.mine()
    refund.wait("Completed", txid)
    assert "Paid and confirmed" in requests.get(refund.link, timeout=SECONDS).text
    refund.node.disconnect(1)
    refund.node.mine_empty(2)
    refund.wait("InProgress", txid)
    refund.node.mine()
    refund.wait("Completed", txid)


def test_what_was_paid_before_the_approval_does_not_count_and_what_came_while_nobody_watched_does(
    refund: Refund,
) -> None:
    early = refund.pay()
    refund.place.catch_up()
    refund.approve()
    refund.node.mine()
    refund.place.catch_up()
    refund.wait("AwaitingPayment")
    refund.place.sattle.worker.kill()
    txid = refund.pay()
    refund.node.mine(2)
    refund.place.sattle.worker.start()
    refund.wait("Completed", txid)
    assert txid != early


def test_the_merchants_own_wallet_on_the_node_proposes_the_transaction_and_signs_it(refund: Refund) -> None:
    node, name = refund.node, refund.store.name
    node.rpc("unloadwallet", name)
    refund.approve()
    assert refund.wait_psbt("no_wallet") is None
    assert refund.standing() == ("AwaitingPayment", None), "which is nothing wrong"
    node.rpc("loadwallet", name)
    node.payer.pay(node.rpc.wallet(name)("getnewaddress"), 1_000_000)
    node.mine()
    refund.place.sattle.installation.flask("payout", "psbt", refund.id)
    signed = node.rpc.wallet(name)("walletprocesspsbt", refund.wait_psbt("made"))
    txid = node.payer.send(node.rpc("finalizepsbt", signed["psbt"])["hex"])
    refund.wait("InProgress", txid)
    node.mine()
    refund.wait("Completed", txid)
