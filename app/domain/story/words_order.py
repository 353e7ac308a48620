"""What a merchant reads of the order, the invoice, its rate, its address and its page."""

from collections.abc import Mapping

from app.domain.story.text import Words

WORDS: Mapping[str, Words] = {
    # the order and the invoice
    "shop.done": Words(
        "The buyer places an order",
        "In %(store)s the buyer ordered for %(price)s (order %(order)s) and chose to pay with bitcoin.",
        "So the shop asked Sattle for an invoice: one amount, one address, one deadline.",
    ),
    "shop.no_order": Words(
        "An invoice is asked for",
        "%(store)s asked Sattle for an invoice of %(price)s.",
        "It named no order, so nothing but this invoice says what the money is for.",
    ),
    "shop.no_price": Words(
        "An invoice of any amount is asked for",
        "%(store)s asked Sattle for an invoice without a price.",
        "The buyer decides how much to send, and what arrives is the price.",
    ),
    "sattle.done": Words(
        "Sattle writes the invoice down",
        "The invoice was on disk before the shop had its answer, so a crash cannot lose it.",
        "It can be paid for %(window)s, until %(deadline)s.",
    ),
    "sattle.free": Words(
        "Sattle writes the invoice down",
        "The price is nought, so there is nothing to pay.",
        "The invoice is settled at once, and the shop is told as always.",
    ),
    "rate.done": Words(
        "The exchange rate is fixed",
        "One bitcoin was %(rate)s (%(source)s), so %(price)s became %(total)s.",
        "The rate was %(age)s old, and this invoice keeps it until its deadline, wherever the market goes.",
    ),
    "rate.fixed": Words(
        "The exchange rate is fixed",
        "One bitcoin was %(rate)s, so %(price)s became %(total)s.",
        "The operator of this server set that rate by hand; usually it is asked from exchanges every minute.",
    ),
    "rate.in_coins": Words(
        "The price is in bitcoin already",
        "%(price)s is asked for, and no exchange rate comes into it.",
        "What a bitcoin is worth tomorrow changes nothing about this invoice.",
    ),
    "rate.no_price": Words(
        "The exchange rate is fixed",
        "One bitcoin was %(rate)s (%(source)s) when the invoice was made.",
        "Whatever the buyer sends is counted at that rate.",
    ),
    "rate.lazy": Words(
        "The rate waits for the buyer",
        "This store fixes the rate only when somebody opens the payment page.",
        "Nobody has opened it so far.",
    ),
    "rate.free": Words("No rate is needed", "There is nothing to pay.", "So there is nothing to convert."),
    "rate.never": Words(
        "The rate was never fixed",
        "Nobody opened the payment page while the invoice was open.",
        "So no amount in bitcoin was ever named.",
    ),
    "address.done": Words(
        "A new address of your own wallet",
        "Address number %(index)s of your wallet, %(address)s, belongs to this invoice and to no other.",
        "Sattle knows your public key only: it can make addresses and watch them, but it can never spend.",
    ),
    "address.given": Words(
        "An address for this invoice alone",
        "The money is to go to %(address)s.",
        "Whatever arrives there belongs to this invoice.",
    ),
    "address.lazy": Words(
        "The address waits for the buyer",
        "It is made when somebody opens the payment page.",
        "That keeps your wallet free of addresses that nobody ever saw.",
    ),
    "address.free": Words("No address is needed", "There is nothing to pay.", "No address was used up."),
    "address.never": Words("No address was made", "Nobody opened the payment page.", "No address was used up."),
    "checkout.done": Words(
        "The payment page is ready",
        "It shows %(total)s, the address as text and as a code to scan, and the time that is left of %(window)s.",
        "The buyer's wallet reads all of it from the code, so nothing has to be typed.",
    ),
    "checkout.no_price": Words(
        "The payment page is ready",
        "It shows the address as text and as a code to scan, for %(window)s.",
        "It names no amount: that is the buyer's choice.",
    ),
    "checkout.lazy": Words(
        "The payment page waits for the buyer",
        "The shop has its link.",
        "It fills with an amount and an address at the first look.",
    ),
    "checkout.free": Words("No payment page is needed", "There is nothing to pay.", "The buyer goes straight back."),
    "checkout.never": Words("The payment page was not opened", "The shop had its link.", "Nobody came in time."),
}
