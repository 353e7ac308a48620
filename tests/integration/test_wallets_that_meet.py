"""Wallets that have the same scriptPubKey at some indexes: every invoice has a destination of its own all the same.

`multi` writes the keys as they are named, `sortedmulti` in order: where they are in order anyway, both make the same
script.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.models import Prompt, Wallet
from app.usecases.activate_payment_method import activate_payment_method
from app.usecases.create_invoice import NewInvoice, create_invoice
from tests.account_keys import TPUBS
from tests.private_postgresql import Cluster
from tests.till import Till

KEYS = f"(1,{TPUBS[0]}/0/*,{TPUBS[1]}/0/*)"
MANY = 25  # more than are looked at in one go


@pytest.fixture(params=["sqlite", "postgresql"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    cluster: Cluster | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    opened = Till(tmp_path / "data", cluster.new_database() if cluster else None)
    yield opened
    opened.rest()


def given_out(till: Till) -> dict[str, list[int]]:
    """By descriptor's verb, the indexes of the addresses that invoices have; each is checked to be the wallet's."""
    found: dict[str, list[int]] = {"multi": [], "sortedmulti": []}
    with till.app.app_context():
        rows = till.ask(lambda session: session.execute(select(Prompt, Wallet).join(Wallet)).all())
        for prompt, wallet in rows:  # type: ignore[attr-defined]
            assert prompt.script_pubkey == till.services.derive(wallet.descriptor, prompt.address_index).script_pubkey
            found["sortedmulti" if "sortedmulti" in wallet.descriptor else "multi"].append(prompt.address_index)
    return found


def same(till: Till, count: int) -> list[int]:
    """The indexes below `count` at which both wallets have the same script."""
    first, second = (till.services.account_key(f"wsh({verb}{KEYS})", None) for verb in ("multi", "sortedmulti"))
    return [index for index in range(count) if first.at(index) == second.at(index)]


def test_an_index_whose_script_another_wallet_gave_out_is_passed_over(till: Till) -> None:
    both = [till.store(f"wsh({verb}{KEYS})") for verb in ("multi", "sortedmulti")]
    for store in both * 6:
        till.index(store)
    taken = given_out(till)
    assert [len(indexes) for indexes in taken.values()] == [6, 6]
    assert not set(taken["multi"]) & set(taken["sortedmulti"]) & set(same(till, 40))


def test_the_first_free_index_is_found_however_far_ahead_it_is(till: Till) -> None:
    ahead, behind = (till.store(f"wsh({verb}{KEYS})") for verb in ("multi", "sortedmulti"))
    for _ in range(MANY):
        till.index(ahead)
    shared = same(till, MANY)
    assert 0 < len(shared) < MANY
    different = [index for index in range(MANY) if index not in shared]
    assert [till.index(behind) for _ in different] == different
    assert till.index(behind) == MANY


def test_a_lazy_payment_method_passes_over_it_as_well(till: Till) -> None:
    ahead, behind = (till.store(f"wsh({verb}{KEYS})") for verb in ("multi", "sortedmulti"))
    shared = same(till, MANY)
    for _ in range(shared[0] + 1):
        till.index(ahead)
    for _ in range(shared[0]):
        till.index(behind)
    with till.app.app_context():
        around, now = till.services.surroundings(), till.now()
        lazy = NewInvoice(behind, Decimal(10), lazy=True, checkout={}, metadata={}, receipt={})
        invoice_id = create_invoice(lazy, around, now)
        activate_payment_method(invoice_id, "BTC-CHAIN", around, now)
    assert till.address(invoice_id)
    assert max(given_out(till)["sortedmulti"]) > shared[0]
