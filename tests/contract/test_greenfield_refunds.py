"""Pull payments, claims, payouts and refunds through Greenfield, as carts and merchants call them."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.chain.derivation import derivation_from_descriptor
from app.db.models import Event, Invoice, Payment, Prompt, Wallet
from app.db.queries import reading
from app.db.session import assessing_change
from app.domain.exact_json import loads
from app.domain.permissions import Policy
from tests.contract.greenfield_client import GreenfieldClient, Merchant

Body = dict[str, Any]
CUSTOMER = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
OTHER = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"
LEGACY = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"

# what the plugin sends, field by field
FROM_PLUGIN: Body = {
    "name": "Refund of order 102; goodwill",
    "description": None,
    "amount": "2.00",
    "currency": "EUR",
    "period": None,
    "BOLT11Expiration": None,
    "autoApproveClaims": False,
    "startsAt": None,
    "expiresAt": None,
    "paymentMethods": ["BTC_CHAIN", "BTC_LN"],
    "payoutMethods": ["BTC_CHAIN", "BTC_LN"],
}


@pytest.fixture
def shop(merchant: Merchant) -> GreenfieldClient:
    """What the WooCommerce plugin's key can do."""
    return merchant.plugin()


@pytest.fixture
def boss(merchant: Merchant) -> GreenfieldClient:
    return merchant.client()


@pytest.fixture
def anybody(greenfield: Flask) -> GreenfieldClient:
    return GreenfieldClient(greenfield)


@pytest.fixture
def offer(merchant: Merchant, boss: GreenfieldClient) -> Callable[..., str]:
    """Make a pull payment and return its id."""

    def make(**fields: Any) -> str:
        answered = boss.post(f"/stores/{merchant.store_id}/pull-payments", {**FROM_PLUGIN, **fields})
        assert answered.status_code == 200, answered.text
        return str(answered.get_json()["id"])

    return make


def claimed(anybody: GreenfieldClient, offer_id: str, destination: str = CUSTOMER, **fields: Any) -> Body:
    answered = anybody.post(f"/pull-payments/{offer_id}/payouts", {"destination": destination, **fields})
    assert answered.status_code == 200, answered.text
    found: Body = answered.get_json()
    return found


def code_of(answered: Any) -> tuple[int, str]:
    return answered.status_code, answered.get_json()["code"]


def path_of(answered: Any) -> tuple[int, list[str]]:
    return answered.status_code, [problem["path"] for problem in answered.get_json()]


# Pull payments


def test_the_plugins_refund_gets_an_id_and_a_link(merchant: Merchant, shop: GreenfieldClient) -> None:
    answered = shop.post(f"/stores/{merchant.store_id}/pull-payments", FROM_PLUGIN)
    assert answered.status_code == 200
    body = answered.get_json()
    assert body["viewLink"] == f"https://pay.example/pull-payments/{body['id']}"
    assert {name: body[name] for name in ("name", "description", "currency", "amount", "BOLT11Expiration")} == {
        "name": "Refund of order 102; goodwill",
        "description": "",
        "currency": "EUR",
        "amount": "2.00",
        "BOLT11Expiration": 30,
    }
    assert (body["archived"], body["autoApproveClaims"], body["expiresAt"]) == (False, False, None)
    assert isinstance(body["startsAt"], int)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": None}, "Name"),
        ({"name": " "}, "Name"),
        ({"name": "x" * 51}, "Name"),
        ({"amount": "0"}, "Amount"),
        ({"amount": None}, "Amount"),
        ({"amount": "-1"}, "Amount"),
        ({"amount": "2.001"}, "Amount"),
        ({"amount": "two"}, "Amount"),
        ({"amount": "1e40"}, "Amount"),
        ({"currency": "XXL"}, "Currency"),
        ({"currency": None}, "Currency"),
        ({"payoutMethods": ["BTC-LN"]}, "PayoutMethods"),
        ({"payoutMethods": ["BTC-CHAIN", "?!"]}, "PayoutMethods[1]"),
        ({"expiresAt": 1}, "ExpiresAt"),
        ({"startsAt": "soon"}, "StartsAt"),
        ({"BOLT11Expiration": "x"}, "BOLT11Expiration"),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused_by_its_field(
    merchant: Merchant, boss: GreenfieldClient, fields: Body, path: str
) -> None:
    answered = boss.post(f"/stores/{merchant.store_id}/pull-payments", {**FROM_PLUGIN, **fields})
    assert path_of(answered) == (422, [path])


def test_a_name_of_50_characters_beyond_ascii_is_kept(merchant: Merchant, boss: GreenfieldClient) -> None:
    answered = boss.post(f"/stores/{merchant.store_id}/pull-payments", {**FROM_PLUGIN, "name": "ü" * 49 + "🥐"})
    assert answered.get_json()["name"] == "ü" * 49 + "🥐"


def test_to_approve_claims_unseen_takes_a_permission_more(merchant: Merchant, shop: GreenfieldClient) -> None:
    asked = {**FROM_PLUGIN, "autoApproveClaims": True}
    refused = shop.post(f"/stores/{merchant.store_id}/pull-payments", asked)
    assert code_of(refused) == (403, "missing-permission")
    assert refused.get_json()["missingPermission"] == Policy.CREATE_PULL_PAYMENTS
    allowed = merchant.client(Policy.CREATE_PULL_PAYMENTS)
    assert allowed.post(f"/stores/{merchant.store_id}/pull-payments", asked).get_json()["autoApproveClaims"] is True


def test_offers_are_listed_newest_first_and_archived_ones_on_demand(
    merchant: Merchant, boss: GreenfieldClient, offer: Callable[..., str]
) -> None:
    first, second = offer(), offer()
    archived = boss.delete(f"/stores/{merchant.store_id}/pull-payments/{first}")
    assert (archived.status_code, archived.data) == (200, b"")
    assert boss.delete(f"/pull-payments/{first}").status_code == 200
    path = f"/stores/{merchant.store_id}/pull-payments"
    assert [each["id"] for each in boss.get(path).get_json()] == [second]
    assert {each["id"] for each in boss.get(path, includeArchived="true").get_json()} == {first, second}


def test_an_offer_is_shown_to_whoever_has_its_id(
    merchant: Merchant, stranger: Merchant, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    made = offer()
    assert anybody.get(f"/pull-payments/{made}").get_json()["id"] == made
    assert anybody.get(f"/stores/{merchant.store_id}/pull-payments/{made}").get_json()["id"] == made
    for path in (f"/stores/{stranger.store_id}/pull-payments/{made}", "/pull-payments/nothing"):
        assert code_of(anybody.get(path)) == (404, "pullpayment-not-found")
    assert code_of(anybody.get(f"/pull-payments/{made}/lnurl")) == (400, "lnurl-not-supported")


# Claims


def test_a_claim_of_all_that_is_left_waits_for_approval(anybody: GreenfieldClient, offer: Callable[..., str]) -> None:
    made = offer()
    payout = claimed(anybody, made)
    assert payout == {
        "id": payout["id"],
        "revision": 0,
        "pullPaymentId": made,
        "date": payout["date"],
        "destination": CUSTOMER,
        "originalCurrency": "EUR",
        "originalAmount": "2.00",
        "payoutCurrency": "BTC",
        "payoutAmount": None,
        "payoutMethodId": "BTC-CHAIN",
        "state": "AwaitingApproval",
        "paymentProof": None,
        "metadata": {},
    }
    assert int(payout["date"]) > 0
    assert anybody.get(f"/pull-payments/{made}/payouts").get_json() == [payout]
    assert anybody.get(f"/pull-payments/{made}/payouts/{payout['id']}").get_json() == payout
    assert code_of(anybody.get(f"/pull-payments/{offer()}/payouts/{payout['id']}")) == (404, "payout-not-found")


def test_parts_may_be_claimed_until_nothing_is_left(anybody: GreenfieldClient, offer: Callable[..., str]) -> None:
    made = offer()
    claimed(anybody, made, CUSTOMER, amount="0.50", payoutMethodId="BTC_CHAIN")
    path = f"/pull-payments/{made}/payouts"
    assert code_of(anybody.post(path, {"destination": OTHER, "amount": "1.51"})) == (400, "overdraft")
    claimed(anybody, made, OTHER)
    assert code_of(anybody.post(path, {"destination": LEGACY})) == (400, "overdraft")
    assert sum(Decimal(each["originalAmount"]) for each in anybody.get(path).get_json()) == Decimal("2.00")


def test_an_address_is_taken_once_at_a_time(anybody: GreenfieldClient, offer: Callable[..., str]) -> None:
    made = offer()
    claimed(anybody, made, CUSTOMER, amount="0.50")
    again = anybody.post(f"/pull-payments/{made}/payouts", {"destination": CUSTOMER.upper(), "amount": "0.50"})
    assert code_of(again) == (400, "duplicate-destination")
    claimed(anybody, offer(), CUSTOMER)


def test_there_is_a_time_to_claim(
    anybody: GreenfieldClient, boss: GreenfieldClient, offer: Callable[..., str], merchant: Merchant, tmp_path: Path
) -> None:
    now = int(merchant.services.clock.now().timestamp())
    later, soon_over, gone = offer(startsAt=now + 600), offer(expiresAt=now + 60), offer()
    boss.delete(f"/pull-payments/{gone}")

    def code(made: str) -> str:
        return str(anybody.post(f"/pull-payments/{made}/payouts", {"destination": CUSTOMER}).get_json()["code"])

    assert (code(later), code(gone)) == ("not-started", "archived")
    (tmp_path / "clock").write_text("120")
    assert code(soon_over) == "expired"


def test_what_the_network_cannot_carry_is_refused(anybody: GreenfieldClient, offer: Callable[..., str]) -> None:
    made = offer()
    path = f"/pull-payments/{made}/payouts"
    assert code_of(anybody.post(path, {"destination": CUSTOMER, "amount": "0.27"})) == (400, "amount-too-low")
    assert code_of(anybody.post(path, {"destination": CUSTOMER, "amount": "0"})) == (400, "amount-too-low")
    claimed(anybody, made, amount="0.28")


@pytest.mark.parametrize(
    ("destination", "says"),
    [
        ("", "no Bitcoin address"),
        ("me@example.com", "no Bitcoin address"),
        ("lnbcrt500u1pjxyz", "mistyped"),
        (CUSTOMER[:-1] + "q", "mistyped"),
        ("bcrt1qW508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "capital and small"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "an address of mainnet; this server is on regtest"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "an address of mainnet; this server is on regtest"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "testnet or signet; this server is on regtest"),
        ("bitcoin:" + CUSTOMER + "?amount=0.001", "without an amount"),
        ("bitcoin:" + CUSTOMER + "?req-pop=1", "insists"),
        (CUSTOMER + "\u0000", "no text"),
        ("x" * 3000, "longer"),
    ],
)
def test_what_is_no_address_of_this_network_is_refused_in_words(
    anybody: GreenfieldClient, offer: Callable[..., str], destination: str, says: str
) -> None:
    refused = anybody.post(f"/pull-payments/{offer()}/payouts", {"destination": destination})
    assert path_of(refused) == (422, ["Destination"])
    assert says in refused.get_json()[0]["message"]


def test_a_link_may_name_the_coins_where_coins_are_offered(
    anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    made = offer(amount="0.001", currency="BTC")
    path = f"/pull-payments/{made}/payouts"
    link = f"bitcoin:{CUSTOMER}?amount=0.0004"
    assert path_of(anybody.post(path, {"destination": link, "amount": "0.0005"})) == (422, ["Amount"])
    assert claimed(anybody, made, link)["originalAmount"] == "0.00040000"
    assert claimed(anybody, made, LEGACY)["originalAmount"] == "0.00060000"
    sats = offer(amount="5000", currency="SATS")
    assert claimed(anybody, sats, f"bitcoin:{CUSTOMER}?amount=0.00001000")["originalAmount"] == "1000"


def test_lightning_is_not_paid_by(anybody: GreenfieldClient, offer: Callable[..., str]) -> None:
    asked = {"destination": CUSTOMER, "payoutMethodId": "BTC-LN"}
    refused = anybody.post(f"/pull-payments/{offer()}/payouts", asked)
    assert code_of(refused) == (400, "payment-method-not-supported")


def test_an_address_of_the_shops_own_is_refused(
    greenfield: Flask, merchant: Merchant, boss: GreenfieldClient, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    made = boss.post(f"/stores/{merchant.store_id}/invoices", {"amount": "10", "currency": "EUR"}).get_json()["id"]
    methods = boss.get(f"/stores/{merchant.store_id}/invoices/{made}/payment-methods").get_json()
    with greenfield.app_context():
        derivation = derivation_from_descriptor(reading().query(Wallet).one().descriptor, "regtest")
        ahead, change_address = derivation.at(90).address, derivation._destination(derivation._branch(1), 3).address
    for own in (methods[0]["destination"], ahead, change_address):
        refused = anybody.post(f"/pull-payments/{offer()}/payouts", {"destination": own})
        assert path_of(refused) == (422, ["Destination"])
        assert "belongs to the shop itself" in refused.get_json()[0]["message"]


def test_another_shops_address_given_to_a_buyer_is_refused_too(
    stranger: Merchant, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    theirs = stranger.client()
    made = theirs.post(f"/stores/{stranger.store_id}/invoices", {"amount": "10", "currency": "EUR"}).get_json()["id"]
    address = theirs.get(f"/stores/{stranger.store_id}/invoices/{made}/payment-methods").get_json()[0]["destination"]
    refused = anybody.post(f"/pull-payments/{offer()}/payouts", {"destination": address})
    assert path_of(refused) == (422, ["Destination"])


def test_an_address_that_a_payout_goes_to_is_given_to_no_buyer(
    stranger: Merchant, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    """Nobody can say that it belongs to another store: one output would pay an invoice there and the payout here."""
    theirs = stranger.client()
    preview = theirs.get(f"/stores/{stranger.store_id}/payment-methods/BTC-CHAIN/wallet/preview").get_json()
    coming = [each["address"] for each in preview["addresses"]]
    claimed(anybody, offer(), coming[0])
    given = []
    for _ in range(2):
        asked = {"amount": "10", "currency": "EUR"}
        made = theirs.post(f"/stores/{stranger.store_id}/invoices", asked).get_json()["id"]
        methods = theirs.get(f"/stores/{stranger.store_id}/invoices/{made}/payment-methods").get_json()
        given.append(methods[0]["destination"])
    assert given == coming[1:3]


def test_whoever_claims_without_end_is_slowed_down(anybody: GreenfieldClient, offer: Callable[..., str]) -> None:
    made = offer()
    answers = [anybody.post(f"/pull-payments/{made}/payouts", {"destination": "x"}).status_code for _ in range(25)]
    assert (answers[0], answers[-1]) == (422, 429)


# Payouts


def test_approval_fixes_the_coins_at_the_rate_of_now(
    boss: GreenfieldClient, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    payout = claimed(anybody, offer())
    approved = boss.post(f"/payouts/{payout['id']}", {"revision": 0})
    assert approved.status_code == 200
    assert (approved.get_json()["state"], approved.get_json()["payoutAmount"]) == ("AwaitingPayment", "0.00004000")
    assert code_of(boss.post(f"/payouts/{payout['id']}", {"revision": 0})) == (400, "invalid-state")


def test_a_rate_may_be_given_and_a_rule_may_not(
    merchant: Merchant, boss: GreenfieldClient, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    path = f"/stores/{merchant.store_id}/payouts/{claimed(anybody, offer())['id']}"
    assert path_of(boss.post(path, {"rateRule": "kraken(BTC_EUR)"})) == (422, ["RateRule"])
    assert path_of(boss.post(path, {"rateRule": "0"})) == (422, ["RateRule"])
    assert code_of(boss.post(path, {"revision": 7})) == (400, "old-revision")
    assert code_of(boss.post(path, {"rateRule": "1000000"})) == (400, "amount-too-low")
    assert boss.post(path, {"rateRule": "40000.0"}).get_json()["payoutAmount"] == "0.00005000"


def test_without_a_rate_nothing_is_approved(
    boss: GreenfieldClient, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    path = f"/payouts/{claimed(anybody, offer(currency='CHF'))['id']}"
    assert code_of(boss.post(path, {})) == (400, "rate-unavailable")
    assert boss.get(path).get_json()["state"] == "AwaitingApproval"


def test_a_claim_of_an_offer_that_approves_itself_waits_for_payment_at_once(
    anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    made = claimed(anybody, offer(autoApproveClaims=True))
    assert (made["state"], made["payoutAmount"]) == ("AwaitingPayment", "0.00004000")
    without_rate = claimed(anybody, offer(autoApproveClaims=True, currency="CHF"))
    assert without_rate["state"] == "AwaitingApproval", "somebody has to look at it"


def test_what_was_not_paid_can_be_cancelled_and_claimed_again(
    merchant: Merchant, boss: GreenfieldClient, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    made = offer()
    payout = claimed(anybody, made)
    cancelled = boss.delete(f"/payouts/{payout['id']}")
    assert (cancelled.status_code, cancelled.data) == (200, b"")
    assert boss.delete(f"/stores/{merchant.store_id}/payouts/{payout['id']}").status_code == 200
    assert boss.get(f"/payouts/{payout['id']}").get_json()["state"] == "Cancelled"
    assert code_of(boss.post(f"/payouts/{payout['id']}/mark-paid")) == (400, "invalid-state")
    again = claimed(anybody, made)
    path = f"/stores/{merchant.store_id}/payouts"
    assert [each["id"] for each in boss.get(path).get_json()] == [again["id"]]
    assert len(boss.get(path, includeCancelled="true").get_json()) == 2
    assert len(anybody.get(f"/pull-payments/{made}/payouts", includeCancelled="true").get_json()) == 2


def test_a_payout_is_marked_by_hand_with_a_proof_or_without(
    boss: GreenfieldClient, anybody: GreenfieldClient, offer: Callable[..., str]
) -> None:
    path = f"/payouts/{claimed(anybody, offer())['id']}"
    assert code_of(boss.post(f"{path}/mark-paid")) == (400, "invalid-state")
    boss.post(path, {"revision": 0})
    proof = {"proofType": "receipt", "link": "https://example.com/1"}
    assert boss.post(f"{path}/mark", {"state": "InProgress", "paymentProof": proof}).status_code == 200
    assert {name: boss.get(path).get_json()[name] for name in ("state", "paymentProof")} == {
        "state": "InProgress",
        "paymentProof": proof,
    }
    assert code_of(boss.delete(path)) == (400, "invalid-state")
    assert (boss.post(f"{path}/mark-paid").data, boss.get(path).get_json()["state"]) == (b"", "Completed")
    assert boss.post(f"{path}/mark", {"state": "AwaitingPayment"}).status_code == 200
    assert boss.get(path).get_json()["state"] == "AwaitingPayment"
    assert path_of(boss.post(f"{path}/mark", {"state": "Lost"})) == (422, ["State"])
    assert code_of(boss.post(f"{path}/mark", {"state": "AwaitingApproval"})) == (400, "invalid-state")
    assert boss.post(f"{path}/mark", {"state": "Cancelled"}).status_code == 200


def test_the_merchant_asks_for_payouts_with_an_offer_or_without(
    merchant: Merchant, stranger: Merchant, shop: GreenfieldClient, boss: GreenfieldClient, offer: Callable[..., str]
) -> None:
    path = f"/stores/{merchant.store_id}/payouts"
    asked = {"destination": CUSTOMER, "amount": "0.0004", "payoutMethodId": "BTC-CHAIN", "metadata": {"source": "me"}}
    made = shop.post(path, asked)
    assert (made.status_code, made.get_json()["state"], made.get_json()["metadata"]) == (
        200,
        "AwaitingApproval",
        {"source": "me"},
    )
    assert made.get_json()["pullPaymentId"] is None
    assert code_of(shop.post(path, {**asked, "approved": True})) == (403, "missing-permission")
    assert boss.post(path, {**asked, "approved": True}).get_json()["state"] == "AwaitingPayment"
    assert path_of(boss.post(path, {"destination": CUSTOMER})) == (422, ["Amount"])
    assert code_of(boss.post(path, {**asked, "amount": "0.00000545"})) == (400, "amount-too-low")
    pull = offer()
    of_offer = boss.post(path, {"destination": CUSTOMER, "pullPaymentId": pull, "approved": True}).get_json()
    assert (of_offer["pullPaymentId"], of_offer["state"]) == (pull, "AwaitingPayment")
    theirs = stranger.client().post(f"/stores/{stranger.store_id}/pull-payments", FROM_PLUGIN).get_json()["id"]
    assert code_of(boss.post(path, {**asked, "pullPaymentId": theirs})) == (404, "pullpayment-not-found")


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("POST", "/stores/{store}/pull-payments", Policy.CREATE_NON_APPROVED_PULL_PAYMENTS),
        ("GET", "/stores/{store}/pull-payments", Policy.VIEW_PULL_PAYMENTS),
        ("DELETE", "/stores/{store}/pull-payments/{offer}", Policy.ARCHIVE_PULL_PAYMENTS),
        ("DELETE", "/pull-payments/{offer}", Policy.ARCHIVE_PULL_PAYMENTS),
        ("GET", "/stores/{store}/payouts", Policy.VIEW_PAYOUTS),
        ("POST", "/stores/{store}/payouts", Policy.CREATE_NON_APPROVED_PULL_PAYMENTS),
        ("GET", "/stores/{store}/payouts/{payout}", Policy.VIEW_PAYOUTS),
        ("GET", "/payouts/{payout}", Policy.VIEW_PAYOUTS),
        ("POST", "/stores/{store}/payouts/{payout}", Policy.MANAGE_PAYOUTS),
        ("POST", "/payouts/{payout}", Policy.MANAGE_PAYOUTS),
        ("DELETE", "/payouts/{payout}", Policy.MANAGE_PAYOUTS),
        ("POST", "/payouts/{payout}/mark-paid", Policy.MANAGE_PAYOUTS),
        ("POST", "/payouts/{payout}/mark", Policy.MANAGE_PAYOUTS),
        ("POST", "/stores/{store}/invoices/{invoice}/refund", Policy.CREATE_NON_APPROVED_PULL_PAYMENTS),
        ("POST", "/invoices/{invoice}/refund", Policy.CREATE_NON_APPROVED_PULL_PAYMENTS),
        ("GET", "/invoices/{invoice}/refund/BTC-CHAIN", Policy.CREATE_NON_APPROVED_PULL_PAYMENTS),
    ],
)
def test_without_the_permission_nothing_is_done_and_nothing_told(
    merchant: Merchant,
    stranger: Merchant,
    anybody: GreenfieldClient,
    boss: GreenfieldClient,
    offer: Callable[..., str],
    method: str,
    path: str,
    policy: Policy,
) -> None:
    made = offer()
    payout = claimed(anybody, made)["id"]
    invoice = boss.post(f"/stores/{merchant.store_id}/invoices", {"amount": "10", "currency": "EUR"}).get_json()["id"]
    path = path.format(store=merchant.store_id, offer=made, payout=payout, invoice=invoice)
    body: Body | None = {} if method == "POST" else None
    assert code_of(anybody.call(method, path, body)) == (401, "unauthenticated")
    revoked = merchant.client(revoked=True)
    assert code_of(revoked.call(method, path, body)) == (401, "unauthenticated")
    for client in (
        merchant.client(Policy.VIEW_INVOICES),
        merchant.client(f"{policy}:{stranger.store_id}"),
        stranger.client(),
    ):
        refused = client.call(method, path, body)
        assert (code_of(refused), refused.get_json()["missingPermission"]) == ((403, "missing-permission"), policy)
    assert anybody.get(f"/pull-payments/{made}/payouts").get_json()[0]["state"] == "AwaitingApproval"
    granted = merchant.client(f"{policy}:{merchant.store_id}").call(method, path, body)
    assert granted.status_code in (200, 400, 422), granted.text


def test_what_is_not_there_is_said_to_whom_it_may_be_said(merchant: Merchant, boss: GreenfieldClient) -> None:
    store = f"/stores/{merchant.store_id}"
    assert code_of(boss.get(f"{store}/payouts/nothing")) == (404, "payout-not-found")
    assert code_of(boss.delete(f"{store}/pull-payments/nothing")) == (404, "pullpayment-not-found")
    limited = merchant.client(f"{Policy.VIEW_PAYOUTS}:{merchant.store_id}")
    assert code_of(limited.get("/payouts/nothing")) == (403, "missing-permission")


# Refunds


@pytest.fixture
def paid(greenfield: Flask, merchant: Merchant, boss: GreenfieldClient) -> Callable[..., str]:
    """An invoice of 10 EUR (20,000 sats) that got so many satoshis, and its path."""

    def make(sats: int = 20_000, status: str = "Settled", additional: str = "None") -> str:
        path = f"/stores/{merchant.store_id}/invoices"
        invoice_id = boss.post(path, {"amount": "10.00", "currency": "EUR"}).get_json()["id"]
        with greenfield.app_context(), assessing_change() as session:
            row = session.get_one(Invoice, invoice_id)
            row.status, row.additional_status = status, additional
            prompt = session.query(Prompt).filter_by(invoice_id=invoice_id).one()
            if sats:
                now = merchant.services.clock.now() - timedelta(minutes=1)
                session.add(
                    Payment(
                        network="regtest",
                        txid=f"{prompt.id:064x}",
                        vout=0,
                        prompt_id=prompt.id,
                        invoice_id=invoice_id,
                        value_sats=sats,
                        recorded_at=now,
                        paid_at=now,
                        height=1,
                        block_hash="block",
                        status="Settled",
                    )
                )
        return f"/invoices/{invoice_id}"

    return make


@pytest.mark.parametrize(
    ("asked", "amount", "currency"),
    [
        ({"refundVariant": "RateThen"}, "0.00020000", "BTC"),
        ({"refundVariant": "ratethen", "subtractPercentage": 50}, "0.00010000", "BTC"),
        ({"refundVariant": "CurrentRate"}, "0.00020000", "BTC"),
        ({"refundVariant": "Fiat"}, "10.00", "EUR"),
        ({"refundVariant": "Fiat", "subtractPercentage": "12.5"}, "8.75", "EUR"),
        ({"refundVariant": "Custom", "customAmount": "3.5", "customCurrency": "usd"}, "3.50", "USD"),
        ({"refundVariant": "Custom", "customAmount": 0.0001, "customCurrency": "BTC"}, "0.00010000", "BTC"),
    ],
)
def test_each_variant_offers_its_amount(
    boss: GreenfieldClient, paid: Callable[..., str], asked: Body, amount: str, currency: str
) -> None:
    made = boss.post(paid() + "/refund", {**asked, "payoutMethods": ["BTC_CHAIN"], "name": None})
    assert made.status_code == 200, made.text
    assert (made.get_json()["amount"], made.get_json()["currency"]) == (amount, currency)
    assert made.get_json()["name"].startswith("Refund ")
    assert made.get_json()["viewLink"].endswith(made.get_json()["id"])
    assert made.get_json()["autoApproveClaims"] is (currency == "BTC")


def test_what_was_paid_over_comes_back(boss: GreenfieldClient, paid: Callable[..., str]) -> None:
    over = paid(25_000, additional="PaidOver")
    made = boss.post(over + "/refund", {"refundVariant": "OverpaidAmount"})
    assert (made.get_json()["amount"], made.get_json()["currency"]) == ("0.00005000", "BTC")
    assert path_of(boss.post(paid() + "/refund", {"refundVariant": "OverpaidAmount"})) == (422, ["RefundVariant"])


def test_claims_are_approved_unseen_only_for_who_may_and_never_in_fiat(
    merchant: Merchant, shop: GreenfieldClient, paid: Callable[..., str]
) -> None:
    path = paid() + "/refund"
    assert shop.post(path, {"refundVariant": "RateThen"}).get_json()["autoApproveClaims"] is False
    allowed = merchant.client(Policy.CREATE_PULL_PAYMENTS)
    assert allowed.post(path, {"refundVariant": "RateThen"}).get_json()["autoApproveClaims"] is True
    assert allowed.post(path, {"refundVariant": "Fiat"}).get_json()["autoApproveClaims"] is False


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({}, "RefundVariant"),
        ({"refundVariant": "Everything"}, "RefundVariant"),
        ({"refundVariant": "Fiat", "customAmount": "1"}, "CustomAmount"),
        ({"refundVariant": "Fiat", "customCurrency": "EUR"}, "CustomCurrency"),
        ({"refundVariant": "Custom", "customCurrency": "EUR"}, "CustomAmount"),
        ({"refundVariant": "Custom", "customAmount": "1"}, "CustomCurrency"),
        ({"refundVariant": "Custom", "customAmount": "1", "customCurrency": "XXL"}, "CustomCurrency"),
        ({"refundVariant": "Fiat", "subtractPercentage": 101}, "SubtractPercentage"),
        ({"refundVariant": "Fiat", "payoutMethods": ["BTC-LN"]}, "PayoutMethods"),
        ({"refundVariant": "Fiat", "name": "x" * 51}, "Name"),
    ],
)
def test_a_refund_that_makes_no_sense_is_refused_by_its_field(
    boss: GreenfieldClient, paid: Callable[..., str], asked: Body, path: str
) -> None:
    assert path_of(boss.post(paid() + "/refund", asked)) == (422, [path])


@pytest.mark.parametrize(
    ("status", "additional", "answered"),
    [
        ("New", "None", 400),
        ("Processing", "None", 400),
        ("Expired", "None", 400),
        ("Expired", "PaidPartial", 200),
        ("Expired", "PaidLate", 200),
        ("Invalid", "None", 200),
        ("Settled", "Marked", 200),
    ],
)
def test_some_states_can_be_refunded(
    boss: GreenfieldClient, paid: Callable[..., str], status: str, additional: str, answered: int
) -> None:
    made = boss.post(paid(20_000, status, additional) + "/refund", {"refundVariant": "RateThen"})
    assert made.status_code == answered
    if answered == 400:
        assert made.get_json()["code"] == "non-refundable"


def test_a_refund_is_part_of_the_invoices_story(
    greenfield: Flask, boss: GreenfieldClient, anybody: GreenfieldClient, paid: Callable[..., str]
) -> None:
    path = paid()
    made = boss.post(path + "/refund", {"refundVariant": "Fiat"}).get_json()["id"]
    payout = claimed(anybody, made)["id"]
    boss.post(f"/payouts/{payout}", {})
    boss.delete(f"/payouts/{payout}")
    with greenfield.app_context():
        invoice_id = path.rpartition("/")[2]
        events = reading().query(Event).filter_by(invoice_id=invoice_id).order_by(Event.id).all()
        told = [(event.type.removeprefix("invoice_"), event.payload.get("payoutState")) for event in events[-4:]]
        assert {event.payload["pullPaymentId"] for event in events[-4:]} == {made}
    assert told == [
        ("refund", None),
        ("payoutCreated", "AwaitingApproval"),
        ("payoutApproved", "AwaitingPayment"),
        ("payoutUpdated", "Cancelled"),
    ]


def test_the_quote_says_in_numbers_what_each_variant_would_come_to(
    boss: GreenfieldClient, paid: Callable[..., str]
) -> None:
    for spelling in ("BTC-CHAIN", "BTC_CHAIN", "btc"):
        quote = boss.get(paid(25_000, additional="PaidOver") + f"/refund/{spelling}")
        assert quote.status_code == 200
    exact = loads(quote.data)
    assert exact == {
        "paymentAmountNow": Decimal("0.00025000"),
        "paymentAmountThen": Decimal("0.00025000"),
        "invoiceAmount": Decimal("12.50"),
        "overpaidPaymentAmount": Decimal("0.00005000"),
        "paymentCurrency": "BTC",
        "paymentCurrencyDivisibility": 8,
        "invoiceCurrency": "EUR",
        "invoiceCurrencyDivisibility": 2,
    }
    assert isinstance(json.loads(quote.data)["invoiceAmount"], float)
    for method in ("BTC-LN", "nothing!"):
        assert code_of(boss.get(paid() + f"/refund/{method}")) == (404, "paymentmethod-not-found")
