"""An installation without node and worker, on a database and in a data directory of the test's choice."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.db.models import Prompt, Quote, Wallet, db
from app.db.revisions import upgrade
from app.db.session import change
from app.services import Services
from app.settings import Settings
from app.usecases.add_wallet import add_wallet
from app.usecases.create_invoice import NewInvoice, create_and_tell, create_invoice
from app.usecases.create_store import create_store
from regtest.node import Node
from tests.account_keys import TPUBS


class Till:
    """`url` is SQLite in the data directory unless given. Several tills may share either. With a `node`, its clock."""

    def __init__(self, data_dir: Path, url: str | None = None, node: Node | None = None) -> None:
        chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(data_dir), "SATTLE_LOG_LEVEL": "ERROR"}
        if url is not None:
            chosen["DATABASE_URL"] = url
        if node is not None:
            chosen["SATTLE_NODE_URL"], chosen["SATTLE_NODE_COOKIE"] = node.rpc_url, str(node.cookie)
            chosen["SATTLE_TEST_CLOCK"] = str(node.clock_file)
        self.app: Flask = create_app(Settings.from_environment(chosen))
        self.data_dir = data_dir
        with self.app.app_context():
            upgrade()

    @property
    def services(self) -> Services:
        found: Services = self.app.extensions["sattle"]
        return found

    def now(self) -> datetime:
        return self.services.clock.now()

    def store(self, key: str = TPUBS[0]) -> str:
        """A store that is paid to `key`; a quote besides."""
        with self.app.app_context():
            with change() as session:
                session.merge(Quote(source="fixed", pair="BTC_EUR", rate=Decimal(50_000), at=self.now()))
            store_id = create_store("a store", self.now())
            scheme = self.services.account_key(key, None)
            add_wallet(store_id, scheme.descriptor, "regtest", self.now())
            return store_id

    def index(self, store_id: str) -> int:
        """Make an invoice; returns the index of its address."""
        with self.app.app_context():
            around = self.services.surroundings()
            return create_and_tell(
                NewInvoice(store_id, Decimal(10)), around, self.now(), lambda row: row.prompts[0].address_index or 0
            )

    def invoice(self, store_id: str) -> str:
        with self.app.app_context():
            return create_invoice(NewInvoice(store_id, Decimal(10)), self.services.surroundings(), self.now())

    def address(self, invoice_id: str) -> str:
        with self.app.app_context():
            return str(db.session.query(Prompt).filter_by(invoice_id=invoice_id).one().destination)

    def failing_invoice(self, store_id: str) -> None:
        """Take an address, and have the change rolled back after it."""

        def fail(_row: object) -> None:
            raise Refused

        with self.app.app_context():
            try:
                create_and_tell(NewInvoice(store_id, Decimal(10)), self.services.surroundings(), self.now(), fail)
            except Refused:
                return

    def ask(self, question: Callable[[Session], object]) -> object:
        with self.app.app_context():
            return question(db.session())

    def next_index(self, wallet_id: int = 1) -> int:
        found = self.ask(lambda session: session.get_one(Wallet, wallet_id).next_index)
        assert isinstance(found, int)
        return found

    def run(self, *arguments: str, answer: str | None = None) -> "Ran":
        """A `flask` command; `answer` is typed when it asks."""
        done = self.app.test_cli_runner().invoke(args=list(arguments), input=answer)
        return Ran(done.exit_code, done.stdout, done.stderr)

    def rest(self) -> None:
        """Close all connections; the next use opens new ones."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


class Ran:
    """What a command came to."""

    def __init__(self, exit_code: int, stdout: str, stderr: str) -> None:
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


class Refused(Exception):
    """Something went wrong inside a change."""
