"""What the programs of a run share: a node, a Sattle at the end of a cable, and stores in stock."""

import base64
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import wallycore

from regtest.node import Node
from tests.e2e.place import Place

STORES_AT_ONCE = 10
MATURITY_AND_MORE = 112  # so deep that no reorg of a program makes a coin of the payer immature again
COINS = 40
COIN_SATS = 5_000_000
MINER = "miner"  # gets the mined coins; so none of the payer's is one that a reorg makes immature


@dataclass(frozen=True)
class Store:
    """A store that no program has used yet. `authorization` is the header of its legacy API key."""

    name: str
    account_key: str
    authorization: str


@dataclass
class Arena:
    """`floor` is the first height that Sattle knows: no reorg goes below it."""

    node: Node
    place: Place
    floor: int = 0
    _stock: dict[bool, list[Store]] = field(default_factory=dict)

    def new_store(self, *, fast: bool) -> Store:
        """A fresh store with a fresh account; they are made by the dozen, which saves seconds.

        A fast one settles at 0 confirmations what does not signal that it can be replaced.
        """
        if not self._stock.get(fast):
            self._stock[fast] = self._make_stores("HighSpeed" if fast else "MediumSpeed")
        return self._stock[fast].pop()

    def _make_stores(self, speed_policy: str) -> list[Store]:
        made = {f"program-{uuid.uuid4().hex[:10]}": new_account_key() for _ in range(STORES_AT_ONCE)}
        commands = [
            command
            for name, key in made.items()
            for command in (
                ["store", "create", name, "--speed-policy", speed_policy],
                ["wallet", "add", name, key, "--script-type", "p2wpkh"],
                ["store", "api-key", name, "--json"],
            )
        ]
        answers = self.place.sattle.installation.flask_each(*commands)[2::3]
        keys = [json.loads(answer)["apiKey"] for answer in answers]
        return [Store(name, made[name], _basic(key)) for name, key in zip(made, keys, strict=True)]

    def give_payer_coins(self) -> None:
        """Confirmed coins enough for the next program."""
        coins = [coin for coin in self.node.wallet("listunspent", 1) if coin["amount"] * 10**8 > COIN_SATS // 2]
        if len(coins) < COINS // 2:
            self.node.payer.split_coins(COINS, COIN_SATS)


def _basic(api_key: str) -> str:
    return "Basic " + base64.b64encode(api_key.encode()).decode("ascii")


def new_account_key() -> str:
    """A tpub that nobody has the private key of any more."""
    key = wallycore.bip32_key_from_seed(os.urandom(32), wallycore.BIP32_VER_TEST_PRIVATE, 0)
    return str(wallycore.bip32_key_to_base58(key, wallycore.BIP32_FLAG_KEY_PUBLIC))


@contextmanager
def arena(directory: Path) -> Iterator[Arena]:
    """Everything running and the payer rich, in a chain that is deep enough."""
    with Node(directory / "node") as node:
        node.rpc("createwallet", MINER, False, False, "", False, True, True)
        node.miners_wallet = node.rpc.wallet(MINER)
        node.payer.split_coins(COINS, COIN_SATS)
        node.mine(MATURITY_AND_MORE)
        with Place(node, directory / "place") as place:
            ready = Arena(node, place)
            place.catch_up()
            ready.floor = place.ledger.tip()[0]
            node.mine(12)
            yield ready
