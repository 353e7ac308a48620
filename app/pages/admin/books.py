"""The columns of the export, one row a payment. They are documented in docs/books.md and stay as they are: programs
read them by name; a new one goes to the end."""

from app.currencies import digits
from app.db.queries_money import PaymentLine
from app.domain.csv_cells import safe_cell
from app.domain.money import coins_text, exact_worth
from app.domain.refund import rounded

HEADER = (
    "paid_at",
    "settled_at",
    "store_id",
    "store",
    "invoice_id",
    "order_id",
    "invoice_created_at",
    "invoice_status",
    "invoice_additional_status",
    "invoice_amount",
    "currency",
    "payment_method",
    "txid",
    "output",
    "amount_sats",
    "amount_btc",
    "fiat_value",
    "rate",
    "rate_source",
    "rate_at",
    "payment_status",
    "block_height",
    "address",
)


def line_cells(line: PaymentLine) -> tuple[str, ...]:
    """The cells of a payment, in the order of the header. Times are ISO 8601 in UTC; amounts have a decimal point."""
    return (
        line.paid_at.isoformat(timespec="seconds"),
        line.settled_at.isoformat(timespec="seconds") if line.settled_at else "",
        line.store_id,
        safe_cell(line.store_name),
        line.invoice_id,
        safe_cell(line.order_id or ""),
        line.invoice_created_at.isoformat(timespec="seconds"),
        line.invoice_status,
        line.additional_status,
        "" if line.price is None else f"{line.price:f}",
        line.currency,
        line.payment_method,
        line.txid,
        str(line.vout),
        str(line.value_sats),
        coins_text(line.value_sats),
        f"{rounded(exact_worth(line.value_sats, line.rate), digits(line.currency) or 0):f}",
        f"{line.rate:f}",
        safe_cell(line.rate_source),  # may be a rule as its owner wrote it
        line.rate_at.isoformat(timespec="seconds"),
        line.status or "",
        "" if line.height is None else str(line.height),
        line.destination,
    )
