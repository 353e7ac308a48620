"""One block against many open invoices: what fetching, parsing, matching and committing it cost.

The node serves a regtest block whose transactions a proxy has replaced, or a block of real payments; the explorer takes
either as it takes any other.
"""

from collections.abc import Callable
from statistics import median

from app.chain.explorer import Explorer
from bench.chain.coins import ELSEWHERE
from bench.chain.ground import Ground
from bench.chain.mainnet_block import mainnet_block
from bench.chain.place import Place
from bench.chain.stopwatch import Stopwatch

HEADER_BYTES = 80


def real_block(ground: Ground, database: str, invoices: int, rounds: int) -> dict[str, object]:
    """Block 413,567 of mainnet, none of whose outputs is ours."""
    block = mainnet_block(ground.say)

    def replaced(served: object) -> object:
        return served[: HEADER_BYTES * 2] + block[HEADER_BYTES:].hex() if isinstance(served, str) else served

    with ground.place(database, invoices, through_proxy=True) as place:
        explorer = _in_step(place)
        place.rpc.alter("getblock", replaced)
        return _measured(place, explorer, rounds, place.node.mine, {"transactions": 1557, "ours": 0})


def full_block(
    ground: Ground, database: str, invoices: int, rounds: int, transactions: int, ours: int
) -> dict[str, object]:
    """A block of payments, some of them to us; nobody saw them before the block."""
    with ground.place(database, invoices) as place:
        place.coins.make(transactions * (rounds + 1))
        scripts = iter(place.scripts(ours * (rounds + 1)))
        explorer = _in_step(place)

        def mine() -> None:
            paid = [place.coins.pay(next(scripts) if number < ours else ELSEWHERE) for number in range(transactions)]
            place.node.mine_with(*(tx.raw.hex() for tx in paid))

        row = _measured(place, explorer, rounds, mine, {"transactions": transactions, "ours": ours})
        place.require_recorded(ours * (rounds + 1))
        return row


def _in_step(place: Place) -> Explorer:
    explorer = place.product.explorer()
    with place.product.app.app_context():
        explorer.sync()
    return explorer


def _measured(
    place: Place, explorer: Explorer, rounds: int, mine: Callable[[], object], what: dict[str, int]
) -> dict[str, object]:
    """The median of each part over all rounds but the first, which also opens connections."""
    spent: list[dict[str, float]] = []
    with Stopwatch().running() as watch:
        for _ in range(rounds + 1):
            mine()
            watch.read()
            with place.product.app.app_context():
                explorer.sync()
            spent.append(watch.read())
    parts = {f"{name} ms": round(median(each[name] for each in spent[1:]), 1) for name in spent[0]}
    sums = [sum(value for name, value in each.items() if name != "fetch") for each in spent[1:]]
    whole = {"all but fetch ms": round(median(sums), 1), "most ms": round(max(sums), 1)}
    return {"database": place.database, **what, "rounds": rounds, **parts, **whole}
