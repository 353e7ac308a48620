"""Pull payments and payouts in Greenfield's words (greenfield 10)."""

from typing import Any

from app.db.models import Payout, PullPayment
from app.domain.money import coins_text
from app.domain.payment_methods import ONCHAIN
from app.domain.refund import COIN

PROOF = "PayoutTransactionOnChainBlob"  # the kind of proof that clients know


def pull_payment_answer(row: PullPayment, public_url: str) -> dict[str, Any]:
    """PullPaymentData."""
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "currency": row.currency,
        "amount": f"{row.amount:f}",
        "BOLT11Expiration": row.bolt11_expiration_days,
        "autoApproveClaims": row.auto_approve_claims,
        "archived": row.archived,
        "viewLink": f"{public_url}/pull-payments/{row.id}",
        "startsAt": int(row.starts_at.timestamp()),
        "expiresAt": int(row.expires_at.timestamp()) if row.expires_at else None,
    }


def payout_answer(row: Payout) -> dict[str, Any]:
    """PayoutData."""
    return {
        "id": row.id,
        "revision": row.revision,
        "pullPaymentId": row.pull_payment_id,
        "date": str(int(row.created_at.timestamp())),
        "destination": row.destination,
        "originalCurrency": row.original_currency,
        "originalAmount": f"{row.original_amount:f}",
        "payoutCurrency": COIN,
        "payoutAmount": None if row.value_sats is None else coins_text(row.value_sats),
        "payoutMethodId": ONCHAIN,
        "state": row.state,
        "paymentProof": _proof(row),
        "metadata": row.details,
    }


def _proof(row: Payout) -> dict[str, Any] | None:
    """What the chain shows; else what a person gave."""
    if row.output is None:
        return row.payment_proof
    return {"proofType": PROOF, "id": row.output.txid, "transactionId": row.output.txid, "link": None}
