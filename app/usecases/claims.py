"""Which outputs would settle if a block, or transactions of the mempool, were recorded: those the node must confirm."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.db import queries_chain as queries
from app.domain.chain import BlockHeader, Claim, Outpoint, Transaction
from app.domain.invoice import SpeedPolicy
from app.domain.payment import depth_to_settle


def claims_on(
    session: Session, network: str, transactions: Sequence[Transaction], header: BlockHeader | None
) -> list[Claim]:
    """`header` is None for transactions of the mempool. Payments of earlier blocks count as deep as it buries them."""
    claims = _new_claims(session, network, transactions, header)
    return claims if header is None else claims + _older_claims(session, network, header)


def _new_claims(
    session: Session, network: str, transactions: Sequence[Transaction], header: BlockHeader | None
) -> list[Claim]:
    if not transactions:
        return []
    scripts = {script for tx in transactions for _, script in tx.outputs}
    policies = queries.policies_paid(session, network, scripts)
    depth, block_hash = (1, header.hash) if header else (0, None)
    return [
        Claim(Outpoint(tx.txid, vout), value_sats, script, block_hash)
        for tx in transactions
        for vout, (value_sats, script) in enumerate(tx.outputs)
        if script in policies and depth >= _depth(policies[script], tx.signals_rbf, tx.is_coinbase)
    ]


def _older_claims(session: Session, network: str, header: BlockHeader) -> list[Claim]:
    if not queries.is_waiting_for_blocks(session, network):
        return []
    return [
        Claim(Outpoint(payment.txid, payment.vout), payment.value_sats, script, payment.block_hash)
        for payment, script, policy in queries.waiting_payments(session, network)
        if script is not None
        and payment.height is not None
        and header.height - payment.height + 1 >= _depth(policy, payment.signals_rbf, payment.is_coinbase)
    ]


def _depth(policy: str, signals_rbf: bool, is_coinbase: bool) -> int:
    return depth_to_settle(SpeedPolicy(policy), signals_rbf=signals_rbf, is_coinbase=is_coinbase)
