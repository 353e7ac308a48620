"""Payouts as the chain completes them: on both databases, with transactions made here."""

import itertools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import wallycore
from sqlalchemy import event

from app.db.models import Invoice, Payout, PayoutOutput, PullPayment, WatchedTransaction, db
from app.db.queries import reading
from app.db.session import change
from app.domain.chain import WATCHED_DEPTH, BlockHeader, Outpoint, Transaction
from app.domain.payout import PayoutState
from app.errors import Refused
from app.usecases.approve_payout import approve_payout, cancel_payout, mark_payout
from app.usecases.claim_payout import NewPayout, claim_payout
from app.usecases.create_pull_payment import NewPullPayment, archive_pull_payment, create_pull_payment
from app.usecases.record_chain import ChainRecord
from tests.integration.test_record_chain import PRICE_SATS, Books, books, transaction

__all__ = ["books"]  # the fixture

SATS = 40_000
NUMBERS = itertools.count(1)


class Claims:
    """Pull payments of 40,000 sats and their claims, beside the books."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.around = books.app.extensions["sattle"].payout_surroundings()

    def script(self) -> bytes:
        return b"\x00\x14" + (2**100 + next(NUMBERS)).to_bytes(20, "big")

    def claim(self, script: bytes, invoice: str | None = None) -> str:
        """A claim of a pull payment of its own; returns the payout's id."""
        address = wallycore.addr_segwit_from_bytes(script, "bcrt", 0)
        with self.books.app.app_context():
            now = self.books.clock.now()
            offer = NewPullPayment("shop", "a refund", Decimal("0.0004"), "BTC", invoice_id=invoice)
            return claim_payout(create_pull_payment(offer, self.around, now), NewPayout(address), self.around, now)

    def approve(self, payout_id: str) -> str:
        with self.books.app.app_context():
            approve_payout(payout_id, None, None, self.around, self.books.clock.now())
        return payout_id

    def approved(self, script: bytes, invoice: str | None = None) -> str:
        return self.approve(self.claim(script, invoice))

    def row(self, payout_id: str) -> Payout:
        with self.books.app.app_context():
            return reading().get_one(Payout, payout_id)

    def state(self, payout_id: str) -> str:
        return self.row(payout_id).state

    def txid(self, payout_id: str) -> str | None:
        with self.books.app.app_context():
            row = reading().query(PayoutOutput).filter_by(payout_id=payout_id).one_or_none()
            return row.txid if row else None


@pytest.fixture
def claims(books: Books) -> Claims:
    books.record.observed(books.clock.now())
    return Claims(books)


def payment(script: bytes, sats: int = SATS, **more: Any) -> Transaction:
    return transaction((5_000, b"\x51"), (sats, script), **more)


def test_a_payout_is_seen_confirmed_and_completed_with_its_txid(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.approved(script)
    assert claims.state(payout) == "AwaitingPayment"
    tx = payment(script)
    books.see(tx)
    assert (claims.state(payout), claims.txid(payout)) == ("InProgress", tx.txid)
    books.mine(tx)
    assert (claims.state(payout), claims.txid(payout)) == ("Completed", tx.txid)


def test_an_output_of_another_amount_pays_nothing_and_is_not_kept(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.approved(script)
    books.mine(payment(script, SATS - 1), payment(script, SATS + 1))
    assert claims.state(payout) == "AwaitingPayment"
    with books.app.app_context():
        assert reading().query(PayoutOutput).count() == 0


def test_an_output_that_was_seen_before_the_approval_does_not_complete_it(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.claim(script)
    early, mined = payment(script), payment(script)
    books.see(early)
    books.mine(mined)
    claims.approve(payout)
    books.mine(early)
    assert claims.state(payout) == "AwaitingPayment"
    books.take_back()
    books.take_back()
    books.mine(early, mined)
    assert claims.state(payout) == "AwaitingPayment", "a reorg makes nothing new of it"
    late = payment(script)
    books.mine(late)
    assert (claims.state(payout), claims.txid(payout)) == ("Completed", late.txid)


def test_an_output_that_waited_in_the_mempool_before_it_was_claimed_does_not_complete_it(
    books: Books, claims: Claims
) -> None:
    script = claims.script()
    tx = payment(script)
    assert books.record.concerning([tx]) == []
    payout = claims.approved(script)
    books.tip = books._header(books.tip.height + 1, books.tip.hash)
    books.record.connect_block(books.tip, books.record.concerning([tx]), frozenset(), {tx.txid})
    assert claims.state(payout) == "AwaitingPayment"
    books.take_back()
    books.mine(tx)
    assert claims.state(payout) == "AwaitingPayment"


def test_an_output_of_a_block_that_was_read_after_the_worker_had_been_down_completes_it(
    books: Books, claims: Claims
) -> None:
    script = claims.script()
    payout = claims.approved(script)
    tx = payment(script)
    later = ChainRecord(books.app, "regtest", books.clock, lambda: None)
    moment = books.clock.now() + timedelta(minutes=1)
    header = BlockHeader("while-away", books.tip.hash, books.tip.height + 1, moment, moment)
    later.connect_block(header, later.concerning([tx]), frozenset())
    assert (claims.state(payout), claims.txid(payout)) == ("Completed", tx.txid)


def test_a_block_from_before_an_approval_that_nobody_followed_the_chain_at_does_not_complete_it(
    books: Books, claims: Claims, tmp_path: Any
) -> None:
    (tmp_path / "clock").write_text("3600")  # nobody has looked at the chain for an hour
    script = claims.script()
    moment = books.clock.now() - timedelta(minutes=10)
    payout = claims.approved(script)
    assert claims.row(payout).approved_height is None
    header = BlockHeader("while-away", books.tip.hash, books.tip.height + 1, moment, moment)
    tx = payment(script)
    books.record.connect_block(header, books.record.concerning([tx]), frozenset())
    assert claims.state(payout) == "AwaitingPayment"


def test_a_reorg_undoes_it_and_another_block_completes_it_again(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.approved(script)
    tx = payment(script)
    books.mine(tx)
    books.take_back()
    assert (claims.state(payout), claims.row(payout).ended_at) == ("InProgress", None)
    assert [waiting.txid for waiting in books.record.unconfirmed()] == [tx.txid], "it is looked after"
    books.mine(tx)
    assert claims.state(payout) == "Completed"


def test_a_payment_that_is_spent_otherwise_after_a_reorg_is_owed_again(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.approved(script)
    tx = payment(script)
    books.mine(tx)
    books.take_back()
    books.mine(transaction((1, b"\x51"), spends=(Outpoint.from_raw(tx.spent[0]),)))
    assert (claims.state(payout), claims.txid(payout)) == ("AwaitingPayment", None)
    again = payment(script)
    books.mine(again)
    assert (claims.state(payout), claims.txid(payout)) == ("Completed", again.txid)


def test_a_fee_bump_takes_the_place_of_what_it_replaces_in_one_step(books: Books, claims: Claims) -> None:
    invoice, _ = books.invoice()
    script = claims.script()
    payout = claims.approved(script, invoice)
    first = payment(script)
    books.see(first)
    bumped = payment(script, spends=(Outpoint.from_raw(first.spent[0]),))
    books.see(bumped)
    assert (claims.state(payout), claims.txid(payout)) == ("InProgress", bumped.txid)
    assert books.events(invoice) == ["payoutCreated", "payoutApproved", "payoutUpdated"], "it never looked unpaid"


def test_a_payment_that_left_the_mempool_is_still_on_its_way_until_it_is_replaced(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.approved(script)
    tx = payment(script)
    books.see(tx)
    books.record.mark_evicted(tx.txid)
    assert claims.state(payout) == "InProgress", "it may come back: paying once more could pay twice"
    assert [waiting.at_risk for waiting in books.record.unconfirmed()] == [True]
    books.record.mark_replaced(tx.txid, None)
    assert claims.state(payout) == "AwaitingPayment"
    books.record.mark_in_mempool(tx.txid)
    assert claims.state(payout) == "InProgress"


def test_two_payouts_with_one_address_and_one_amount_need_two_outputs(books: Books, claims: Claims) -> None:
    script = claims.script()
    first, second = claims.approved(script), claims.approved(script)
    tx = payment(script)
    books.mine(tx)
    assert sorted([claims.state(first), claims.state(second)]) == ["AwaitingPayment", "Completed"]
    assert claims.state(first) == "Completed"
    both = transaction((SATS, script), (SATS, script))
    books.mine(both)
    assert (claims.state(second), claims.txid(second)) == ("Completed", both.txid)
    books.take_back()
    books.take_back()
    books.mine(both)
    assert (claims.state(first), claims.state(second)) == ("Completed", "Completed"), "what is mined counts first"
    assert {claims.txid(first), claims.txid(second)} == {both.txid}


def test_one_transaction_pays_an_invoice_and_a_payout(books: Books, claims: Claims) -> None:
    invoice, ours = books.invoice()
    script = claims.script()
    payout = claims.approved(script)
    books.mine(transaction((PRICE_SATS, ours), (SATS, script)))
    assert (books.status(invoice), claims.state(payout)) == ("Settled", "Completed")


def test_a_persons_word_holds_until_the_chain_says_more(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.approved(script)
    with books.app.app_context():
        mark_payout(payout, PayoutState.COMPLETED, {"proofType": "by hand"}, books.clock.now())
    assert claims.state(payout) == "Completed"
    tx = payment(script)
    books.mine(tx)
    assert claims.txid(payout) == tx.txid
    with books.app.app_context():
        mark_payout(payout, PayoutState.AWAITING_PAYMENT, None, books.clock.now())
    assert claims.state(payout) == "Completed", "the chain says so, whatever the person says"


def test_a_cancelled_payout_is_watched_no_more(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout = claims.approved(script)
    with books.app.app_context():
        cancel_payout(payout, books.clock.now())
    tx = payment(script)
    assert books.record.concerning([tx]) == []
    books.mine(tx)
    assert claims.state(payout) == "Cancelled"


def test_taking_an_offer_back_cancels_what_was_not_paid(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout, done = claims.approved(script), claims.approved(claims.script())
    with books.app.app_context():
        mark_payout(done, PayoutState.COMPLETED, None, books.clock.now())
        for each in (payout, done):
            offer = claims.row(each).pull_payment_id
            assert offer is not None
            archive_pull_payment(offer, books.clock.now())
            assert reading().get_one(PullPayment, offer).archived
    assert (claims.state(payout), claims.state(done)) == ("Cancelled", "Completed")


def test_what_was_paid_long_ago_is_watched_no_more_and_stays_completed(books: Books, claims: Claims) -> None:
    script = claims.script()
    payout, waiting = claims.approved(script), claims.approved(claims.script())
    books.mine(payment(script))
    for _ in range(2 * WATCHED_DEPTH + 1):
        books.mine()
    assert (claims.state(payout), claims.row(payout).watched) == ("Completed", False)
    assert claims.row(waiting).watched
    assert books.record.concerning([payment(script)]) == []


def test_the_same_block_read_again_changes_nothing(books: Books, claims: Claims) -> None:
    invoice, _ = books.invoice()
    script = claims.script()
    payout = claims.approved(script, invoice)
    tx = payment(script)
    header = books.mine(tx)
    told = books.events(invoice)
    books.record.reread_block(header, [tx], frozenset())
    assert (claims.state(payout), claims.txid(payout), books.events(invoice)) == ("Completed", tx.txid, told)


def test_the_invoices_story_tells_what_became_of_its_refund(books: Books, claims: Claims) -> None:
    invoice, _ = books.invoice()
    script = claims.script()
    payout = claims.approved(script, invoice)
    tx = payment(script)
    books.see(tx)
    books.mine(tx)
    books.take_back()
    with books.app.app_context():
        told = [event.payload.get("payoutState") for event in reading().get_one(Invoice, invoice).events]
        last = reading().get_one(Invoice, invoice).events[-1].payload
    assert told == ["AwaitingApproval", "AwaitingPayment", "InProgress", "Completed", "InProgress"]
    assert (last["payoutId"], last["payment"]) == (payout, f"{tx.txid}-1")


def test_two_who_claim_all_of_it_at_once_get_it_once(books: Books, claims: Claims) -> None:
    with books.app.app_context():
        now = books.clock.now()
        offer = create_pull_payment(NewPullPayment("shop", "a refund", Decimal("0.0004"), "BTC"), claims.around, now)

    def claim(script: bytes) -> str:
        address = wallycore.addr_segwit_from_bytes(script, "bcrt", 0)
        with books.app.app_context():
            try:
                claim_payout(offer, NewPayout(address), claims.around, books.clock.now())
            except Refused as refused:
                return refused.code
            return "claimed"

    with ThreadPoolExecutor(6) as together:
        outcomes = Counter(together.map(claim, [claims.script() for _ in range(6)]))
    assert outcomes == {"claimed": 1, "overdraft": 5}


# What it costs


@contextmanager
def statements(books: Books) -> Iterator[list[str]]:
    """The statements made meanwhile, without the beginning and the end of the transaction."""
    made: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement != "BEGIN" and not statement.startswith("BEGIN "):
            made.append(statement)

    with books.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_where_no_payout_is_open_one_look_up_is_all_that_payouts_cost(books: Books, claims: Claims) -> None:
    _, ours = books.invoice()
    strangers = [payment(claims.script()) for _ in range(50)]
    with statements(books) as made:
        assert books.record.concerning(strangers) == []
    assert len(made) == 2, "one question about scripts, one about outpoints, for all transactions together"
    with statements(books) as made:
        books.mine(*strangers, transaction((PRICE_SATS, ours)))
    about_payouts = [statement for statement in made if "payout" in statement]
    assert [statement.split(" FROM ")[0] for statement in about_payouts] == ["SELECT script_pubkey"] * 2
    assert "UNION ALL" in about_payouts[0]


def test_the_cost_of_a_transaction_does_not_grow_with_the_number_of_payouts(books: Books, claims: Claims) -> None:
    def cost(scripts: list[bytes]) -> tuple[int, int]:
        with statements(books) as found:
            assert books.record.concerning([payment(claims.script())]) == []
        script = scripts[0]
        tx = payment(script)
        books.see(tx)
        with statements(books) as written:
            books.mine(tx)
        return len(found), len(written)

    few = [claims.script() for _ in range(2)]
    for script in few:
        claims.approved(script)
    before = cost(few)
    many = [claims.script() for _ in range(60)]
    with books.app.app_context(), change() as session:
        pattern = session.query(Payout).first()
        assert pattern is not None
        for number, script in enumerate(many):
            session.add(
                Payout(
                    id=f"payout-{number}",
                    store_id="shop",
                    network="regtest",
                    pull_payment_id=pattern.pull_payment_id,
                    destination="somewhere",
                    script_pubkey=script,
                    state="AwaitingPayment",
                    original_amount=pattern.original_amount,
                    original_currency="BTC",
                    value_sats=SATS,
                    details={},
                    created_at=pattern.created_at,
                    approved_at=pattern.approved_at,
                    approved_height=pattern.approved_height,
                )
            )
    assert cost(many) == before


def test_a_busy_address_is_not_collected(books: Books, claims: Claims) -> None:
    """An exchange's address gets a payment a minute: only those that could be the payout are looked after."""
    script = claims.script()
    claims.approved(script)
    books.see(*(payment(script, sats) for sats in range(1_000, 1_010)))
    with books.app.app_context():
        assert reading().query(WatchedTransaction).count() == 0
