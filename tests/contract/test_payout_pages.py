"""The claim page of a customer, the payout pages of a merchant, and the commands of an operator."""

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db.models import Payout, PayoutOutput, StoreUser
from app.db.queries import reading
from app.db.session import change
from app.domain.permissions import Role
from app.domain.psbt import Proposal, PsbtState
from app.throttle import Throttle
from app.usecases.propose_psbt import due_psbts, keep_proposal
from tests.contract.greenfield_client import PASSWORD, Merchant, new_merchant
from tests.contract.test_greenfield_refunds import CUSTOMER, FROM_PLUGIN, OTHER

PROOF = re.compile(r'name="form_proof" value="([0-9a-f]+)"')


class Browser:
    """Keeps cookies, and sends the forms of the pages that it was shown."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.page: TestResponse | None = None

    def open(self, path: str) -> str:
        self.page = self.client.get(path, headers={"Accept": "text/html"})
        return self.page.text

    @property
    def status(self) -> int:
        assert self.page is not None
        return self.page.status_code

    def send(self, path: str, **fields: str) -> str:
        """Send the form of the page shown, with its proof; follow where it leads."""
        assert self.page is not None
        proof = PROOF.search(self.page.text)
        data = {**fields, **({"form_proof": proof[1]} if proof else {})}
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        self.page = self.client.post(path, data=data, headers=headers, base_url="https://localhost")
        if self.page.status_code == 303:
            return self.open(self.page.headers["Location"])
        return self.page.text

    def sign_in(self, merchant: Merchant) -> None:
        self.open("/login")
        self.send("/login", email=merchant.email, password=PASSWORD)


@pytest.fixture
def customer(greenfield: Flask) -> Browser:
    return Browser(greenfield)


@pytest.fixture
def boss(greenfield: Flask, merchant: Merchant) -> Browser:
    browser = Browser(greenfield)
    browser.sign_in(merchant)
    return browser


@pytest.fixture
def offer(merchant: Merchant) -> Callable[..., str]:
    def make(**fields: Any) -> str:
        answered = merchant.client().post(f"/stores/{merchant.store_id}/pull-payments", {**FROM_PLUGIN, **fields})
        return str(answered.get_json()["id"])

    return make


@pytest.fixture
def claim(merchant: Merchant, offer: Callable[..., str]) -> Callable[..., str]:
    def make(destination: str = CUSTOMER, **fields: Any) -> str:
        path = f"/pull-payments/{offer(**fields)}/payouts"
        return str(merchant.client().post(path, {"destination": destination}).get_json()["id"])

    return make


# The customer's page


def test_the_customer_sees_what_is_offered_and_claims_it(customer: Browser, offer: Callable[..., str]) -> None:
    path = f"/pull-payments/{offer(description='We are sorry')}"
    page = customer.open(path)
    assert customer.status == 200
    for text in ("2.00 EUR", "Refund of order 102; goodwill", "a store", "We are sorry", "Claim it"):
        assert text in page
    page = customer.send(path, destination=CUSTOMER)
    assert customer.status == 200
    assert CUSTOMER in page
    assert "has to approve it" in page
    assert "Claim it" not in page, "nothing is left"


def test_a_part_is_claimed_and_then_the_rest(customer: Browser, offer: Callable[..., str]) -> None:
    path = f"/pull-payments/{offer()}"
    customer.open(path)
    page = customer.send(path, destination=CUSTOMER, amount="0,50")
    assert "1.50 EUR of it can still be claimed" in page
    page = customer.send(path, destination=OTHER)
    assert "Claim it" not in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"destination": "nonsense!"}, "This address cannot be used"),
        ({"destination": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}, "this server is on regtest"),
        ({"destination": CUSTOMER, "amount": "2.01"}, "more than is left"),
        ({"destination": CUSTOMER, "amount": "two"}, "This amount cannot be used"),
        ({"destination": CUSTOMER, "amount": "1e999999"}, "This amount cannot be used"),
        ({"destination": CUSTOMER, "amount": "0.01"}, "too small"),
        ({"destination": "<script>alert(1)</script>"}, "This address cannot be used"),
    ],
)
def test_what_cannot_be_claimed_is_said_beside_what_was_typed(
    customer: Browser, offer: Callable[..., str], fields: dict[str, str], says: str
) -> None:
    path = f"/pull-payments/{offer()}"
    customer.open(path)
    page = customer.send(path, **fields)
    assert customer.status == 422
    assert says in page
    assert "<script>" not in page
    assert "has to approve it" not in page


def test_a_form_of_another_site_claims_nothing(customer: Browser, offer: Callable[..., str]) -> None:
    path = f"/pull-payments/{offer()}"
    foreign = customer.client.post(path, data={"destination": CUSTOMER}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert "has to approve it" not in customer.open(path)


def test_an_unknown_or_closed_offer_says_so(customer: Browser, merchant: Merchant, offer: Callable[..., str]) -> None:
    customer.open("/pull-payments/nothing")
    assert customer.status == 404
    made = offer()
    merchant.client().delete(f"/pull-payments/{made}")
    page = customer.open(f"/pull-payments/{made}")
    assert "The shop has taken this back" in page
    assert "Claim it" not in page


def test_offers_cannot_be_looked_for_without_end(merchant: Merchant, customer: Browser) -> None:
    merchant.services.page_throttle = Throttle(1, 60)
    for expected in (404, 429):
        customer.open("/pull-payments/nothing")
        assert customer.status == expected


def test_the_page_is_for_nobodys_cache_or_frame(customer: Browser, offer: Callable[..., str]) -> None:
    customer.open(f"/pull-payments/{offer()}")
    assert customer.page is not None
    headers = customer.page.headers
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("AwaitingPayment", "The shop pays it from its own wallet"),
        ("InProgress", "The Bitcoin network is confirming it"),
        ("Completed", "Paid and confirmed"),
        ("Cancelled", "Turned down by the shop"),
    ],
)
def test_every_state_has_words_for_the_customer(
    greenfield: Flask, customer: Browser, claim: Callable[..., str], state: str, words: str
) -> None:
    payout = claim()
    with greenfield.app_context(), change() as session:
        row = session.get_one(Payout, payout)
        row.state, row.value_sats = state, 4_000
        offer_id = row.pull_payment_id
        paid = state in ("InProgress", "Completed")
        if paid:
            now = row.created_at
            output = PayoutOutput(network="regtest", txid="ab" * 32, vout=0, script_pubkey=row.script_pubkey)
            output.value_sats, output.first_seen_at, output.payout_id = 4_000, now, payout
            session.add(output)
    page = customer.open(f"/pull-payments/{offer_id}")
    assert words in page
    assert ("ab" * 32 in page) is paid
    assert "0.00004000 BTC" in page


# The merchant's pages


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(customer: Browser, claim: Callable[..., str]) -> None:
    for path in ("/payouts", f"/payouts/{claim()}"):
        assert customer.client.get(path).headers["Location"].startswith("/login?")


def test_the_merchant_sees_the_claim_approves_it_and_is_told_how_to_pay(
    boss: Browser, claim: Callable[..., str]
) -> None:
    payout = claim()
    assert "waits for your approval" in boss.open("/payouts")
    page = boss.open(f"/payouts/{payout}")
    assert "0.00004000 BTC" in page, "what it would come to now"
    page = boss.send(f"/payouts/{payout}/approve", revision="0")
    assert boss.status == 200
    assert "AwaitingPayment: waits to be paid by you" in page
    assert f"bitcoin:{CUSTOMER}?amount=0.00004000" in page
    qr = boss.client.get(f"/payouts/{payout}/qr.svg", base_url="https://localhost")
    assert (qr.status_code, qr.mimetype) == (200, "image/svg+xml")
    boss.open(f"/payouts/{payout}")
    assert "paid (marked by hand)" in boss.send(f"/payouts/{payout}/paid")
    assert "waits to be paid by you" in boss.send(f"/payouts/{payout}/unpaid")
    assert "Cancelled: cancelled" in boss.send(f"/payouts/{payout}/cancel")
    assert boss.client.get(f"/payouts/{payout}/qr.svg", base_url="https://localhost").status_code == 404


def test_what_moves_money_is_asked_about_first(boss: Browser, claim: Callable[..., str]) -> None:
    path = f"/payouts/{claim()}"
    page = boss.open(path)
    assert re.findall(rf'<form[^>]*action="{path}/(\w+)"', page) == []
    assert re.findall(rf'href="{path}/(\w+)"', page) == ["approve", "cancel"]
    question = boss.open(f"{path}/approve")
    for text in ("Approve this payout?", "0.00004000 BTC", CUSTOMER, "2.00 EUR"):
        assert text in question
    assert "waits for your approval" in boss.open(path), "nothing is done by looking"
    revision = re.search(r'name="revision" value="(\d+)"', boss.open(f"{path}/approve"))
    assert revision is not None
    assert "waits to be paid by you" in boss.send(f"{path}/approve", revision=revision[1])
    assert "cannot be taken back" in boss.open(f"{path}/cancel")
    assert "whatever the chain says" in boss.open(f"{path}/paid")
    assert "waits to be paid by you" in boss.open(path)


def test_what_cannot_be_done_is_said_on_the_page(boss: Browser, claim: Callable[..., str]) -> None:
    payout = claim(currency="CHF")
    boss.open(f"/payouts/{payout}")
    assert "no fresh rate" in boss.send(f"/payouts/{payout}/approve", revision="0")
    assert boss.status == 422
    assert "look at it again" in boss.send(f"/payouts/{payout}/approve", revision="7")
    assert "AwaitingApproval" in boss.send(f"/payouts/{payout}/paid")
    boss.send(f"/payouts/{payout}/burn")
    assert boss.status == 404


def test_a_form_of_another_site_approves_nothing(boss: Browser, claim: Callable[..., str]) -> None:
    payout = claim()
    path = f"/payouts/{payout}/approve"
    foreign = boss.client.post(path, data={"revision": "0"}, base_url="https://localhost")
    assert foreign.status_code == 403
    assert "waits for your approval" in boss.open(f"/payouts/{payout}")


def test_another_merchants_payout_is_none(greenfield: Flask, stranger: Merchant, claim: Callable[..., str]) -> None:
    other = Browser(greenfield)
    other.sign_in(stranger)
    payout = claim()
    other.open(f"/payouts/{payout}")
    assert other.status == 404
    assert CUSTOMER not in other.open("/payouts")
    for deed in ("approve", "cancel", "paid"):
        other.open("/payouts")
        other.send(f"/payouts/{payout}/{deed}", revision="0")
        assert other.status == 404


def test_who_may_only_look_cannot_approve(greenfield: Flask, merchant: Merchant, claim: Callable[..., str]) -> None:
    guest = new_merchant(greenfield, "guest@shop.example")
    with greenfield.app_context(), change() as session:
        session.add(StoreUser(store_id=merchant.store_id, user_id=guest.user_id, role=Role.GUEST.value))
    browser, payout = Browser(greenfield), claim()
    browser.sign_in(guest)
    page = browser.open(f"/payouts/{payout}")
    assert (browser.status, ">Approve<" in page) == (200, False)
    browser.send(f"/payouts/{payout}/approve", revision="0")
    assert browser.status == 404


def test_a_transaction_that_the_worker_had_made_is_shown_and_saved(
    greenfield: Flask, boss: Browser, claim: Callable[..., str]
) -> None:
    payout = claim()
    boss.open(f"/payouts/{payout}")
    assert "The worker is asking the node" in boss.send(f"/payouts/{payout}/approve", revision="0")
    with greenfield.app_context():
        now = greenfield.extensions["sattle"].clock.now()
        (job,) = due_psbts("regtest", now)
        assert (job.payout_id, job.address, job.sats) == (payout, CUSTOMER, 4_000)
        keep_proposal(payout, Proposal(PsbtState.NO_WALLET, "no wallet"), now)
        assert due_psbts("regtest", now) == []
    assert "Nothing is wrong with that" in boss.open(f"/payouts/{payout}")
    boss.send(f"/payouts/{payout}/psbt")
    text = base64.b64encode(b"psbt\xff").decode()
    with greenfield.app_context():
        keep_proposal(payout, Proposal(PsbtState.MADE, "made by 'shop'", text), now)
    assert text in boss.open(f"/payouts/{payout}")
    saved = boss.client.get(f"/payouts/{payout}/payout.psbt", base_url="https://localhost")
    assert (saved.data, saved.headers["Content-Disposition"]) == (
        b"psbt\xff",
        f'attachment; filename="payout-{payout}.psbt"',
    )
    boss.open(f"/payouts/{payout}")
    boss.send(f"/payouts/{payout}/cancel")
    with greenfield.app_context():
        keep_proposal(payout, Proposal(PsbtState.REFUSED, "too late"), now)
        assert reading().get_one(Payout, payout).psbt_state == "made", "nobody asks any more"


def test_the_invoices_page_leads_to_its_refunds(greenfield: Flask, merchant: Merchant, boss: Browser) -> None:
    client = merchant.client()
    made = client.post(f"/stores/{merchant.store_id}/invoices", {"amount": "0", "currency": "EUR"}).get_json()["id"]
    asked = {"refundVariant": "Custom", "customAmount": "3.00", "customCurrency": "EUR"}
    refund = client.post(f"/invoices/{made}/refund", asked).get_json()["id"]
    payout = client.post(f"/pull-payments/{refund}/payouts", {"destination": CUSTOMER}).get_json()["id"]
    page = boss.open(f"/admin/invoices/{made}")
    assert f"/pull-payments/{refund}" in page
    assert f"/payouts/{payout}" in page
    assert f'href="/invoices/{made}"' in boss.open(f"/payouts/{payout}")


# The commands


def test_an_operator_lists_shows_approves_marks_and_cancels(
    greenfield: Flask, merchant: Merchant, claim: Callable[..., str]
) -> None:
    run = greenfield.test_cli_runner().invoke
    payout = claim()

    def told(*arguments: str) -> str:
        result = run(args=["payout", *arguments])
        assert result.exit_code == 0, result.output
        return str(result.output)

    assert payout in told("list", merchant.store_id)
    assert '"state": "AwaitingApproval"' in told("show", payout, "--json")
    assert told("approve", payout) == f"bitcoin:{CUSTOMER}?amount=0.00004000\n"
    assert "AwaitingPayment" in told("show", payout)
    assert "worker will ask" in told("psbt", payout)
    assert told("paid", payout) == f"{payout} is Completed.\n"
    assert told("paid", payout, "--undo") == f"{payout} is AwaitingPayment.\n"
    assert told("cancel", payout) == f"{payout} is cancelled.\n"
    assert payout not in told("list", merchant.store_id)
    assert payout in told("list", merchant.store_id, "--all", "--json")
    for wrong in (["approve", payout], ["show", "nothing"], ["cancel", "nothing"], ["paid", payout]):
        refused = run(args=["payout", *wrong])
        assert refused.exit_code == 1
        assert refused.output.startswith("Error: ")
