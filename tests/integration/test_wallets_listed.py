"""What an operator is told of wallets: the gap, the mark, stray coins; on both engines."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.db.models import Payment, Prompt, StrayOutput, Wallet
from app.db.session import assessing_change, change
from tests.account_keys import TPUBS, XPRV
from tests.private_postgresql import Cluster
from tests.till import Till


@pytest.fixture(params=["sqlite", "postgresql"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    cluster: Cluster | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    opened = Till(tmp_path / "data", cluster.new_database() if cluster else None)
    yield opened
    opened.rest()


def told(till: Till, *arguments: str) -> Any:
    done = till.run("wallet", *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def pay(till: Till, index: int, **fields: Any) -> None:
    """A payment row at an index, in a block unless told otherwise."""
    with till.app.app_context(), assessing_change() as session:
        prompt = session.scalars(select(Prompt).where(Prompt.address_index == index)).one()
        columns: dict[str, Any] = {"height": 7, "block_hash": "b", **fields}
        session.add(
            Payment(
                network="regtest",
                txid=f"{index:064x}",
                vout=0,
                prompt_id=prompt.id,
                invoice_id=prompt.invoice_id,
                value_sats=20_000,
                recorded_at=till.now(),
                paid_at=till.now(),
                **columns,
            )
        )


def stray(till: Till, index: int) -> None:
    with till.app.app_context(), change() as session:
        session.add(
            StrayOutput(
                network="regtest",
                txid=f"{index:064x}",
                vout=0,
                wallet_id=1,
                address_index=index,
                value_sats=5_000,
                height=7,
                block_hash="b",
                is_coinbase=False,
                found_at=till.now(),
            )
        )


def test_a_gap_is_told_by_what_was_paid_last_and_by_the_widest_bridge(till: Till) -> None:
    store = till.store()
    assert told(till, "list")[0]["gap"] == {
        "last_paid_index": None,
        "unpaid_run": 0,
        "longest_run": 0,
        "gap_limit": 20,
        "is_wide": False,
    }
    for _ in range(48):
        till.index(store)
    pay(till, 2)
    pay(till, 3, height=None, block_hash=None)
    pay(till, 40, height=None, block_hash=None, conflicted_by="")  # replaced: nobody will ever see it
    assert told(till, "gap", "1")["gap"]["last_paid_index"] == 3
    assert told(till, "gap", "1")["gap"]["unpaid_run"] == 44
    stray(till, 45)
    gap = told(till, "gap", "1")["gap"]
    assert (gap["last_paid_index"], gap["unpaid_run"], gap["longest_run"]) == (45, 2, 41)
    assert (gap["gap_limit"], gap["is_wide"]) == (80, True)
    shown = till.run("wallet", "list").stdout
    assert "41 addresses in a row were not paid: set the gap limit of the wallet that holds the keys to 80" in shown
    assert "1 coins came in that no invoice accounts for" in shown


def test_stray_coins_are_told_with_their_address(till: Till) -> None:
    till.store()
    stray(till, 3)
    (found,) = told(till, "gap", "1")["stray_outputs"]
    expected = till.services.account_key(TPUBS[0], None).at(3).address
    assert (found["address"], found["address_index"], found["value_sats"]) == (expected, 3, 5_000)
    assert f"address {expected}" in till.run("wallet", "gap", "1").stdout


def test_a_wallet_that_pays_no_store_any_more_is_still_told(till: Till) -> None:
    store = till.store()
    assert till.run("wallet", "add", store, TPUBS[1]).exit_code == 0
    assert [len(entry["stores"]) for entry in told(till, "list")] == [0, 1]
    assert "pays no store" in till.run("wallet", "list").stdout


def test_the_state_of_the_mark_is_told(till: Till) -> None:
    store = till.store()
    assert told(till, "list")[0]["mark"]["state"] == "none_yet"
    till.index(store)
    mark = told(till, "list")[0]["mark"]
    assert (mark["state"], mark["ceiling"], mark["given_out"]) == ("in_step", 20, 1)
    with till.app.app_context(), change() as session:
        session.get_one(Wallet, 1).next_index = 0
    assert told(till, "list")[0]["mark"]["state"] == "ahead"
    Path(mark["file"]).write_bytes(b"")
    assert told(till, "list")[0]["mark"]["state"] == "damaged"
    shutil.rmtree(till.data_dir / "marks")
    assert told(till, "list")[0]["mark"]["state"] == "missing"
    assert "no invoice can be made until `flask wallet skip 1 N`" in till.run("wallet", "list").stdout
    assert till.run("wallet", "skip", "1", "70", "--yes").exit_code == 0
    assert (told(till, "list")[0]["mark"]["state"], till.index(store)) == ("in_step", 70)


def test_a_skip_asks_before_it_does_what_cannot_be_undone(till: Till) -> None:
    store = till.store()
    for answer, index in (("n\n", 0), ("", 1), ("y\n", 70)):
        done = till.run("wallet", "skip", "1", "70", answer=answer)
        assert done.stdout == ("Wallet 1 goes on from index 70.\n" if answer == "y\n" else "")
        assert "wallet 1 will go on from index 70 in place of" in done.stderr
        assert till.index(store) == index


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["skip", "9", "5", "--yes"], "there is no wallet 9; `flask wallet list` shows them"),
        (["skip", "1", "0", "--yes"], "index: 0 cannot be used; use 2 to 1000002: an index never goes back"),
        (["gap", "9"], "there is no wallet 9; `flask wallet list` shows them"),
        (["scan", "9"], "there is no wallet 9; `flask wallet list` shows them"),
        (["scan", "1"], "no worker runs, and the worker does the scan: it will, once `flask worker` is started"),
        (["add", "nobody", TPUBS[0]], "no single store is called 'nobody'; `flask store list` shows ids and names"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(till: Till, arguments: list[str], message: str) -> None:
    store = till.store()
    for _ in range(2):
        till.index(store)
    done = till.run("wallet", *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"Error: {message}\n")


def test_a_private_key_is_refused_and_not_repeated(till: Till) -> None:
    store = till.store()
    for arguments in ((), ("--json",)):
        done = till.run("wallet", "add", store, f"wpkh({XPRV}/0/*)", *arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "never holds keys that can spend" in done.stderr
        assert XPRV[:8] not in done.stderr


def test_every_kind_of_key_is_added_and_shown_with_its_first_addresses(till: Till) -> None:
    store = till.store()
    for key in (TPUBS[1], f"{TPUBS[1]}-[taproot]", f"wsh(sortedmulti(2,{TPUBS[0]}/0/*,{TPUBS[1]}/<0;1>/*))"):
        added = told(till, "add", store, key)
        scheme = till.services.account_key(key, None)
        assert added["descriptor"] == scheme.checked_descriptor
        assert added["addresses"] == [scheme.at(index).address for index in range(5)]
        assert added["addresses"][4] in till.run("wallet", "add", store, added["descriptor"]).stdout
    assert len(told(till, "list")) == 4
