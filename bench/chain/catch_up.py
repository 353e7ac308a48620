"""Blocks a second and payments a second after a long absence, through the explorer's own sync()."""

import time

from bench.chain.ground import Ground
from bench.chain.place import Place

COINBASE = "raw(51)"


def catch_up(ground: Ground, database: str, invoices: int, blocks: int, paid_a_block: int) -> dict[str, object]:
    """Mine `blocks` while nobody looks, each with so many payments to us, then look."""
    with ground.place(database, invoices) as place:
        place.coins.make(blocks * paid_a_block)
        explorer = place.product.explorer()
        with place.product.app.app_context():
            explorer.sync()
            _mine(ground, place, blocks, paid_a_block)
            began, spent = time.perf_counter(), time.process_time()
            explorer.sync()
            seconds, spent = time.perf_counter() - began, time.process_time() - spent
        if place.product.tip_hash() != place.node.tip():
            raise RuntimeError("sync() returned before it had reached the node's tip")
        place.require_recorded(blocks * paid_a_block)
    row: dict[str, object] = {"database": database, "blocks": blocks, "payments": blocks * paid_a_block}
    row |= {"seconds": round(seconds, 2), "CPU seconds": round(spent, 2), "blocks a second": round(blocks / seconds, 1)}
    return row | {"payments a second": round(blocks * paid_a_block / seconds, 1)}


def _mine(ground: Ground, place: Place, blocks: int, paid_a_block: int) -> None:
    ground.say(f"mining {blocks:,} blocks with {paid_a_block} payments each")
    if not paid_a_block:
        place.node.mine(blocks)
        return
    scripts = iter(place.scripts(blocks * paid_a_block))
    for _ in range(blocks):
        paid = [place.coins.pay(next(scripts)) for _ in range(paid_a_block)]
        place.node.rpc("generateblock", COINBASE, [tx.raw.hex() for tx in paid])
