"""Before a payment settles, the node must say itself what the output holds (chain-tracking C6)."""

import logging
from collections.abc import Sequence

from app.chain.rpc import Rpc, Unspent
from app.domain.chain import Claim, Outpoint

log = logging.getLogger(__name__)


def verified(rpc: Rpc, claims: Sequence[Claim]) -> frozenset[Outpoint]:
    """The outputs among `claims` that the node confirms: same value, same script.

    An output that its owner has spent already is no longer to be had; then the block that holds the transaction, or
    the mempool, must know it. Raises NodeUnavailable.
    """
    confirmed = set()
    spent = []
    for claim, unspent in zip(claims, rpc.unspent([claim.outpoint for claim in claims]), strict=True):
        if unspent is None:
            spent.append(claim)
        elif _agrees(claim, unspent):
            confirmed.add(claim.outpoint)
    return frozenset(confirmed | _known_all_the_same(rpc, spent))


def _agrees(claim: Claim, unspent: Unspent) -> bool:
    if (unspent.value_sats, unspent.script_pubkey) == (claim.value_sats, claim.script_pubkey):
        return True
    log.error("%s: we recorded %s sats, the node says %s; not settled", claim.outpoint, claim.value_sats, unspent)
    return False


def _known_all_the_same(rpc: Rpc, claims: Sequence[Claim]) -> set[Outpoint]:
    blocks = sorted({claim.block_hash for claim in claims if claim.block_hash is not None})
    active = {block for block, header in zip(blocks, rpc.active_headers(blocks), strict=True) if header is not None}
    waiting = [claim for claim in claims if claim.block_hash is None]
    entries = rpc.mempool_entries([claim.outpoint.txid for claim in waiting])
    in_mempool = {claim.outpoint for claim, entry in zip(waiting, entries, strict=True) if entry is not None}
    return in_mempool | {claim.outpoint for claim in claims if claim.block_hash in active}
