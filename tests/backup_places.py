"""Databases of Sattle's that tests fill, back up, restore and hurt; without a node and without a server."""

import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from click.testing import Result
from sqlalchemy import MetaData, select

from app import create_app
from app.db.models import Payment, Prompt, Quote, db
from app.db.revisions import upgrade
from app.db.session import assessing_change, change
from app.db.worker_locks import somebody_leads
from app.domain.ids import new_id
from app.services import Services
from app.settings import Settings
from app.usecases.add_wallet import add_wallet
from app.usecases.create_invoice import NewInvoice, create_invoice
from app.usecases.create_store import create_store
from regtest.processes import Process
from regtest.state import PROJECT_ROOT
from tests.private_postgresql import Cluster

ACCOUNT_KEY = (
    "tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B"
)


class Place:
    """One database with a data directory of its own, and the `flask` commands there."""

    def __init__(self, directory: Path, url: str, **settings: str) -> None:
        self.directory = directory
        self.url = url
        chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": url}
        self.environment = chosen | settings
        self.app = create_app(Settings.from_environment(self.environment))
        self.store_id = ""

    @property
    def services(self) -> Services:
        return self.app.extensions["sattle"]

    def flask(self, *arguments: str | Path) -> Result:
        done = self.app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception  # a command ends with a sentence, never with a traceback
        return done

    def told(self, *arguments: str | Path) -> Any:
        """What a command prints with --json; it must succeed."""
        done = self.flask(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str | Path) -> str:
        """What a command says on standard error; it must fail, in one line."""
        done = self.flask(*arguments)
        assert done.exit_code == 1, (done.exit_code, done.output)
        assert done.stdout == ""
        sentence = done.stderr.strip().splitlines()[-1]
        assert sentence.startswith("Error: "), done.stderr
        return sentence.removeprefix("Error: ")

    def program(self, *arguments: str | Path) -> Process:
        """A `flask` command as a process of its own, to be started and killed; its output is its log."""
        return Process(
            str(arguments[0]),
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            log=self.directory.with_name(f"{self.directory.name}-{arguments[0]}.log"),
            environment={**self.environment, "FLASK_SKIP_DOTENV": "1"},
            directory=PROJECT_ROOT,
        )

    def has_worker(self) -> bool:
        with self.app.app_context():
            return somebody_leads(db.engine)

    def migrate(self, revision: str = "head") -> None:
        with self.app.app_context():
            upgrade(revision=revision)

    def open_store(self) -> None:
        """A store with a wallet, and a rate to sell at."""
        with self.app.app_context():
            now = self.services.clock.now()
            self.store_id = create_store("a store", now, {})
            add_wallet(self.store_id, self.services.account_key(ACCOUNT_KEY, None).descriptor, "regtest", now)
            with change() as session:
                session.add(Quote(source="fixed", pair="BTC_EUR", rate=Decimal(50_000), at=now))

    def sell(self, *, paid_sats: int = 0) -> None:
        """An invoice, paid or not."""
        with self.app.app_context():
            services = self.services
            now = services.clock.now()
            order = NewInvoice(self.store_id, Decimal(10), "EUR", details={"itemDesc": "tea ☕", "posData": "x" * 500})
            invoice_id = create_invoice(order, services.surroundings(), now)
            if paid_sats:
                with assessing_change() as session:
                    prompt = session.scalars(select(Prompt).where(Prompt.invoice_id == invoice_id)).one()
                    payment = Payment(
                        network="regtest", txid=new_id(), vout=0, prompt_id=prompt.id, value_sats=paid_sats
                    )
                    payment.invoice_id, payment.recorded_at, payment.paid_at = invoice_id, now, now
                    payment.status = "Processing"
                    session.add(payment)

    def fill_first_revision(self) -> None:
        """A store in the tables as they were at first; the models know newer ones."""
        self.migrate("0001")
        with self.app.app_context(), db.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO stores (id, name, default_currency, speed_policy, tolerance_percent, expiration_minutes,"
                " monitoring_minutes, network_fee_mode, redirect_automatically, anyone_can_create_invoice, created_at)"
                " VALUES ('s1', 'old', 'EUR', 'MediumSpeed', '0', 15, 1440, 'Never', false, false, '2026-01-01')"
            )

    def fill(self, invoices: int = 5) -> None:
        """A database at the newest revision with a store and invoices, every other one paid."""
        self.migrate()
        self.open_store()
        for number in range(invoices):
            self.sell(paid_sats=20_000 if number % 2 else 0)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, sorted; none where there are no tables."""
        with self.app.app_context(), db.engine.connect() as connection:
            tables = MetaData()
            tables.reflect(connection)
            return {
                table.name: sorted(tuple(map(repr, row)) for row in connection.execute(select(table)))
                for table in tables.sorted_tables
            }

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


NewPlace = Callable[..., Place]


@contextmanager
def places(directory: Path, postgresql: Callable[[], Cluster] | None) -> Iterator[NewPlace]:
    """Makes places with empty databases below `directory`: on PostgreSQL if a cluster is given, else on SQLite."""
    with ExitStack() as closing:
        made = []

        def new(**settings: str) -> Place:
            own = directory / f"place-{len(made) + 1}"
            url = postgresql().new_database() if postgresql else f"sqlite:///{own / 'sattle.db'}"
            place = Place(own, settings.pop("DATABASE_URL", url), **settings)
            made.append(place)
            closing.callback(place.close)
            return place

        yield new


def change_manifest(file: Path, **changes: object) -> None:
    """Write a backup anew with another manifest; a key with dots in it names an inner entry."""
    with zipfile.ZipFile(file) as archive:
        manifest, database = json.loads(archive.read("manifest.json")), archive.read("database")
    for name, value in changes.items():
        inner = manifest
        *outer, last = name.split("__")
        for part in outer:
            inner = inner[part]
        inner[last] = value
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("database", database)
        archive.writestr("manifest.json", json.dumps(manifest))
