"""A till on a real node, with the worker's explorer and scanner at hand."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, select

from app.chain.derivation import parse_account_key
from app.db.models import Invoice, Payment, SpentOutpoint, Wallet, WalletScan, WatchedTransaction
from app.db.session import assessing_change
from app.usecases.request_scan import ScanReason, request_scan
from app.wallet_scanner import WalletScanner
from app.worker import guard
from regtest.node import Node
from tests.account_keys import fresh_key
from tests.till import Till


class Bench:
    """Its wallet, the first, has a key that no other test uses."""

    def __init__(self, till: Till, node: Node) -> None:
        self.till = till
        self.node = node
        self.key = fresh_key()
        self.changes = 0
        self.explorer = till.services.explorer(till.app, lambda: None)
        self.scanner: WalletScanner = till.services.wallet_scanner(till.app)

    def address(self, index: int) -> str:
        return parse_account_key(self.key, "regtest").at(index).address

    def store(self) -> str:
        self.sync()
        return self.till.store(self.key)

    def sync(self) -> None:
        """A look at everything, as after a loss of signals."""
        self.explorer.forget()
        self.explorer.hurry()
        with self.till.app.app_context():
            self.explorer.sync()

    def pay(self, *outputs: tuple[int, int], mine: bool = True) -> str:
        """Pay addresses of the key by (index, satoshis), in a block."""
        txid = self.node.payer.pay_many([(self.address(index), sats) for index, sats in outputs])
        if mine:
            self.node.mine()
        return txid

    def scan(self, reason: ScanReason = ScanReason.COMMAND) -> dict[str, Any]:
        """Ask for a scan, let the worker's step do it, and return its row."""
        with self.till.app.app_context():
            scan_id = request_scan(1, reason, self.till.now())
        return self.work(scan_id)

    def work(self, scan_id: int) -> dict[str, Any]:
        """Let the worker's step run once for each scan that waits."""
        for _ in range(scan_id):
            self.scanner.scan_next(guard, self.count_change)
        return self.row(scan_id)

    def row(self, scan_id: int) -> dict[str, Any]:
        columns = WalletScan.__table__.columns.keys()
        found = self.till.ask(
            lambda session: {name: getattr(session.get_one(WalletScan, scan_id), name) for name in columns}
        )
        assert isinstance(found, dict)
        return found

    def count_change(self) -> None:
        self.changes += 1

    def all(self, model: type[Any]) -> list[Any]:
        found = self.till.ask(lambda session: session.scalars(select(model)).all())
        return list(found)  # type: ignore[call-overload]

    def status(self, invoice_id: str) -> tuple[str, str]:
        row: Any = self.till.ask(lambda session: session.get_one(Invoice, invoice_id))
        return row.status, row.additional_status

    def change(self, what: Callable[[Any], object]) -> None:
        with self.till.app.app_context(), assessing_change() as session:
            what(session)

    def forget_payments(self) -> None:
        """As if they had never been seen: a bug, or a history that was lost."""
        for model in (Payment, WatchedTransaction, SpentOutpoint):
            self.change(lambda session, model=model: session.execute(delete(model)))  # type: ignore[misc]

    def set_next_index(self, index: int) -> None:
        self.change(lambda session: session.get_one(Wallet, 1).__setattr__("next_index", index))
