"""What the worker costs while little happens: calls of the node, memory; and how long it needs to look at a mempool."""

import time

from bench.chain.coins import ELSEWHERE
from bench.chain.ground import Ground
from bench.processes import memory_mb
from regtest.waiting import wait_until

WHOLE_MEMPOOL = "getrawmempool"
SETTLE_SECONDS = 3  # after the start, whose calls are not counted
A_MINUTE = 60


def idle(ground: Ground, database: str, invoices: int, seconds: int) -> dict[str, object]:
    """Calls a minute of a worker in step with a node at which nothing happens."""
    with ground.place(database, invoices, through_proxy=True) as place, place.working():
        time.sleep(SETTLE_SECONDS)
        place.rpc.calls.clear()
        time.sleep(seconds)
        calls = dict(place.rpc.calls)
    return {
        "database": database,
        "seconds": seconds,
        "calls a minute": round(sum(calls.values()) * A_MINUTE / seconds, 1),
        "whole mempool": calls.get(WHOLE_MEMPOOL, 0),
        "methods": " ".join(f"{name}:{count}" for name, count in sorted(calls.items())) or "none",
    }


def memory(ground: Ground, database: str, invoices: int, payments: int) -> dict[str, object]:
    """Resident memory of the worker: in step, and after payments to it and a block that holds them."""
    with ground.place(database, invoices) as place:
        place.coins.make(payments)
        with place.working() as pid:
            before = memory_mb(pid, "VmRSS")
            for script in place.scripts(payments):
                place.coins.send(place.coins.pay(script))
            place.node.mine()
            place.wait_for_worker()
            place.require_recorded(payments)
            figures = {name: round(memory_mb(pid, name)) for name in ("VmRSS", "RssAnon", "VmHWM")}
    return {
        "database": database,
        "open invoices": invoices,
        "in step MB": round(before),
        f"after {payments} payments MB": figures["VmRSS"],
        "of it anonymous MB": figures["RssAnon"],
        "most MB": figures["VmHWM"],
    }


def mempool(ground: Ground, database: str, invoices: int, transactions: int, ours: int) -> dict[str, object]:
    """A worker starts and finds a full mempool that it knows nothing of; some of it pays us."""
    with ground.place(database, invoices) as place:
        place.coins.make(transactions)
        with place.product.app.app_context():
            place.product.explorer().sync()  # a Sattle that was there before
        scripts = place.scripts(ours) + [ELSEWHERE] * (transactions - ours)
        paid = [place.coins.pay(script) for script in scripts]
        place.coins.fill_mempool(paid, place.installation.directory / "mempool.dat")
        explorer = place.product.explorer()
        began = time.perf_counter()
        with place.product.app.app_context():
            wait_until(explorer.sync, "the explorer to have looked at the whole mempool", 300, every_seconds=0)
        seconds = time.perf_counter() - began
        place.require_recorded(ours)
    row: dict[str, object] = {"database": database, "transactions": transactions, "ours": ours}
    return row | {"seconds": round(seconds, 2), "transactions a second": round(transactions / seconds)}
