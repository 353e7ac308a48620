"""From rows to the values that the rules work on, and back."""

from decimal import Decimal

from app.db import models
from app.domain.addresses import filled
from app.domain.chain import Outpoint
from app.domain.invoice import AdditionalStatus, Invoice, NetworkFeeMode, Prompt, SpeedPolicy, Status
from app.domain.payment import Payment, PaymentStatus


def invoice_facts(row: models.Invoice) -> Invoice:
    """The terms and stored state of an invoice row."""
    return Invoice(
        price=row.price,
        is_top_up=row.is_top_up,
        tolerance_percent=row.tolerance_percent,
        speed_policy=SpeedPolicy(row.speed_policy),
        network_fee_mode=NetworkFeeMode(row.network_fee_mode),
        expires_at=row.expires_at,
        monitoring_ends_at=row.monitoring_ends_at,
        prompts=tuple(Prompt(p.payment_method, Decimal(p.rate), p.fee_sats) for p in row.prompts),
        status=Status(row.status),
        additional_status=AdditionalStatus(row.additional_status),
    )


def filled_address(row: models.Invoice, address: str) -> str:
    """`address` with its placeholders filled from the invoice as it stands: {Status} is a word of `Status`."""
    return filled(address, {"orderid": row.order_id or "", "invoiceid": row.id, "status": row.status})


def payment_facts(row: models.Payment) -> Payment:
    """The facts of a payment row."""
    return Payment(
        outpoint=Outpoint(row.txid, row.vout),
        payment_method=row.prompt.payment_method,
        value_sats=row.value_sats,
        fee_sats=row.fee_sats,
        paid_at=row.paid_at,
        height=row.height,
        conflicted_by=row.conflicted_by,
        at_risk=row.at_risk,
        signals_rbf=row.signals_rbf,
        is_coinbase=row.is_coinbase,
        verified=row.verified_in == (row.block_hash or "mempool"),
        status=PaymentStatus(row.status) if row.status else None,
        announced=row.announced,
    )
