"""What the buyer typed goes through server, webhook and shop unchanged, whatever the letters."""

from tests.e2e.case import Case

BUYER = {
    "buyerName": "Jörg Müller-Ößwald 🎉",
    "buyerAddress1": "Straße der Äpfel 7 — “hinten”",
    "buyerCity": "Åre / Ōsaka / 東京",
    "buyerState": "<b>&amp;</b>",
    "buyerEmail": "jörg@exämple.de",
    "ownField": {"deep": [1, 2.50, None, True, "\u2028"]},
}


def test_umlauts_and_emoji_come_back_as_they_were_sent(shop: Case) -> None:
    order = shop.order("10.00", metadata=BUYER)
    stored = shop.api("GET", f"/invoices/{order.invoice_id}").json()["metadata"]
    assert {name: stored[name] for name in BUYER} == BUYER
    order.settle()
    told = order.deliveries()
    assert {each["type"] for each in told} >= {"InvoiceProcessing", "InvoiceSettled"}
    for each in told:  # and their signatures fitted, or the shop would not have taken them
        assert {name: each["body"]["metadata"][name] for name in BUYER} == BUYER
