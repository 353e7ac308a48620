"""What a developer wants to know of each step: where the code is, and by which rule it goes."""

from collections.abc import Mapping
from typing import NamedTuple

from app.domain.story.steps import Key


class Behind(NamedTuple):
    """The modules that do it, and the rule in a few words."""

    module: str
    rule: str


BEHIND: Mapping[Key, Behind] = {
    Key.SHOP: Behind(
        "app/api/greenfield/invoices.py, app/api/bitpay/routes.py",
        "POST /api/v1/stores/{store}/invoices or POST /invoices. The body is checked before anything is written.",
    ),
    Key.SATTLE: Behind(
        "app/usecases/create_invoice.py",
        "Rate, address index, invoice, event and deliveries commit in one transaction; no RPC and no HTTP in it.",
    ),
    Key.RATE: Behind(
        "app/usecases/lock_rate.py, app/domain/rate_rules.py",
        "The bid by the store's rate rules, from quotes younger than five minutes; satoshis are rounded up.",
    ),
    Key.ADDRESS: Behind(
        "app/usecases/take_address.py, app/chain/derivation",
        "The next index is the largest of database, mark file and used addresses; child keys come of the public key.",
    ),
    Key.CHECKOUT: Behind(
        "app/pages/checkout.py, app/domain/bip21.py",
        "A BIP21 link. Bech32 is upper case in the code, where it needs fewer dots. Time left is the server's.",
    ),
    Key.NETWORK: Behind("the buyer's wallet", "A signed transaction with an output to our scriptPubKey."),
    Key.NODE: Behind(
        "app/chain/signals.py, app/chain/rpc.py",
        "ZMQ rawtx and sequence ring; a timer looks as well. paid_at is the earliest of mempool time, our record, "
        "and that of a payment of the same invoice that this one replaced.",
    ),
    Key.EXPLORER: Behind(
        "app/chain/explorer.py, app/usecases/record_payments.py",
        "Each output's scriptPubKey is looked up by index; a payment is an outpoint, unique in the database.",
    ),
    Key.INVOICE: Behind(
        "app/domain/assess.py, app/domain/accounting.py",
        "assess(invoice, payments, tip, now), pure: New becomes Processing once accounted payments made in time "
        "reach the price less the tolerance.",
    ),
    Key.TOLD: Behind(
        "app/usecases/deliver.py, app/delivery_pool.py",
        "The delivery was committed with its event (outbox). In order for each endpoint and invoice; webhooks are "
        "signed with HMAC-SHA256.",
    ),
    Key.ORDER: Behind(
        "the shop's plugin",
        "It takes the message for a doorbell, asks Sattle for the invoice and moves the order by what it reads.",
    ),
    Key.CONFIRMATIONS: Behind(
        "app/domain/payment.py, app/chain/verify.py",
        "tip - height + 1 against the speed policy (0, 1, 2, 6); at 0, one that signals RBF needs 1. gettxout must "
        "agree before it counts.",
    ),
    Key.SETTLED: Behind(
        "app/domain/assess.py, app/usecases/review_settled.py",
        "Settled payments alone must reach the minimum. Settled is a latch; payments are watched to depth 100.",
    ),
    Key.SHIP: Behind(
        "app/usecases/deliver.py",
        "InvoiceSettled, or the confirmed and complete IPNs. A 2xx answer is a receipt and not proof.",
    ),
    Key.MORE: Behind("app/usecases/record_payments.py", "Every outpoint counts once; sums are exact fractions."),
    Key.REPLACED: Behind(
        "app/usecases/record_payments.py",
        "Both spend an outpoint in common: the older one falls out of account in the same transaction, its paid_at "
        "and its fee are inherited.",
    ),
    Key.DOUBLE_SPENT: Behind(
        "app/usecases/record_payments.py",
        "Another transaction spends what this one spends (spent_outpoints): conflicted_by. A block that has this one "
        "all the same puts it back into account.",
    ),
    Key.EVICTED: Behind(
        "app/chain/mempool.py, app/chain/missing.py",
        "It left the mempool without a known rival: at_risk. It counts for the sum and never settles so; its bytes "
        "are kept and broadcast again.",
    ),
    Key.REORGED: Behind(
        "app/chain/explorer.py, app/usecases/record_chain.py",
        "Blocks are disconnected back to the fork by their hashes, facts are taken back, then the new branch follows.",
    ),
    Key.RETURNED: Behind("app/usecases/review_settled.py", "The alert ends, which does not make it unseen."),
    Key.PARTIAL: Behind(
        "app/domain/accounting.py", "What is due is worked out anew; PaidPartial while the minimum is not reached."
    ),
    Key.OVERPAID: Behind(
        "app/domain/accounting.py", "PaidOver, unless the difference is less than a satoshi by any method (dust rule)."
    ),
    Key.EXPIRED: Behind(
        "app/domain/assess.py, app/usecases/expire_invoices.py",
        "Not before chain and mempool have been looked at past expires_at + 2 s. In time goes by paid_at.",
    ),
    Key.LATE: Behind("app/domain/assess.py", "Expired is a latch: enough money after it is PaidLate, told once."),
    Key.UNCONFIRMED: Behind(
        "app/domain/assess.py", "Processing and not settled when monitoring_ends_at was passed: Invalid."
    ),
    Key.MARKED: Behind("app/usecases/mark_invoice.py", "Settled or Invalid by hand: a latch that only a person opens."),
    Key.RETRIED: Behind(
        "app/domain/retry.py",
        "Again after 10 s, 1, 5, 15, 30 min, then hourly with jitter for 72 h. 410 ends it, a 403 does not.",
    ),
    Key.REFUND: Behind(
        "app/usecases/refund_invoice.py, app/domain/payout.py",
        "A pull payment; its payout is completed by an output of exactly its scriptPubKey and amount.",
    ),
    Key.BRIDGED: Behind(
        "woo_bridge/decide.py, woo_bridge/reconcile.py",
        "The order is read over REST; a table says what is wanted, guards what is allowed. One writer an order, and it "
        "reads again after each write.",
    ),
    Key.MISMATCH: Behind(
        "woo_bridge/table.py, app/usecases/resolve_mismatch.py",
        "What the table leaves to a person: at most one open for each invoice and kind; resolved, it is not raised "
        "again.",
    ),
}
