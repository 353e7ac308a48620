"""Invoice creation through both APIs and on both databases: requests a second, p50, p99, errors at 1, 8 and 32 clients.

The clients send requests that were made before the clock started, over kept connections, from one process beside the
server; its own use of the processor is shown. The server runs as it is shipped, authentication included. With `--wait`,
a further process asks for the database's write lock every 20 ms meanwhile, as the worker does, and says how long it
waited. In the end no address may have been given twice.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import NullPool, create_engine, text

from bench.load import Clients, post
from bench.lock_wait import Waiter
from bench.processes import processor_seconds
from bench.servers import DATABASES, servers
from bench.signed_client import SignedClient
from bench.table import finish, parser, percentile
from regtest.harness import Harness, NewStore

CLIENTS = (1, 8, 32)
REQUESTS = 1000  # made in advance, then sent again and again
TWICE = "SELECT count(*) - count(DISTINCT destination) FROM prompts"


@dataclass(frozen=True)
class Bench:
    """A running Sattle, who asks it, what they send, and for how long."""

    database: str
    dialect: str
    sattle: Harness
    clients: Clients
    requests: list[bytes]
    seconds: float

    def round(self, clients: int) -> dict[str, object]:
        """The server alone under load."""
        before = processor_seconds(self._server)
        answered = self.clients.load(self.sattle.installation.web_port, self.requests, clients, self.seconds)
        spent = processor_seconds(self._server) - before
        found = answered.latencies_ms
        if not found:
            raise SystemExit(f"no request was answered with 200; the first answer: {answered.errors[0]}")
        return {
            "database": self.database,
            "API": self.dialect,
            "clients": clients,
            "per second": round(len(found) / answered.seconds, 1),
            "p50 ms": round(percentile(found, 50), 1),
            "p99 ms": round(percentile(found, 99), 1),
            "errors": len(answered.errors),
            "server's CPU ms each": round(1000 * spent / len(found), 2),
            "client's CPU ms each": round(1000 * answered.own_cpu_seconds / len(found), 2),
        }

    def waiting(self, clients: int) -> dict[str, object]:
        """The server under load, and a second process that wants to write."""
        waiter = Waiter(self.sattle.installation.environment())
        waits = waiter.begin(self.seconds)
        row = self.round(clients)
        found = waits.result()
        waiter.close()
        figures = {"p50": percentile(found, 50), "p95": percentile(found, 95), "max": max(found)}
        return row | {f"lock {name} ms": round(value, 1) for name, value in figures.items()}

    @property
    def _server(self) -> int:
        """The pid of gunicorn's first process."""
        if self.sattle.web.pid is None:
            raise RuntimeError("the server has ended")
        return self.sattle.web.pid


def bitpay_requests(sattle: Harness, store: NewStore) -> list[bytes]:
    """Signed, as the older plugin signs."""
    client = SignedClient(sattle.server)
    client.pair(sattle.installation.pairing_code(store.id))
    client.create(10)
    return [client.prepared(10, orderId=str(number)) for number in range(REQUESTS)]


def greenfield_requests(sattle: Harness, store: NewStore) -> list[bytes]:
    """With an API key and the metadata that the newer plugin sends."""
    address = urlsplit(sattle.server).netloc
    headers = {"Authorization": f"token {store.api_key}", "Content-Type": "application/json"}
    buyer = {
        "buyerName": "Erika Mustermann",
        "buyerEmail": "erika@shop.example",
        "buyerCity": "Köln",
        "buyerZip": "50667",
    }
    return [
        post(
            f"/api/v1/stores/{store.id}/invoices",
            address,
            headers,
            json.dumps(
                {
                    "amount": "10.00",
                    "currency": "EUR",
                    "metadata": {"orderId": str(number), "posData": json.dumps({"number": number}), **buyer},
                    "checkout": {"redirectURL": "https://shop.example/thanks", "redirectAutomatically": True},
                }
            ).encode(),
        )
        for number in range(REQUESTS)
    ]


DIALECTS: dict[str, Callable[[Harness, NewStore], list[bytes]]] = {
    "bitpay": bitpay_requests,
    "greenfield": greenfield_requests,
}


def addresses_given_twice(database_url: str) -> int:
    """How many prompts have the address of another."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(text(TWICE)).scalar_one())


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--seconds", type=float, default=5, help="for each number of clients")
    arguments.add_argument("--clients", type=int, nargs="+", default=CLIENTS, metavar="N")
    arguments.add_argument("--api", nargs="+", choices=list(DIALECTS), default=list(DIALECTS))
    arguments.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    arguments.add_argument("--wait", action="store_true", help="measure another process's wait for the write lock")
    chosen = arguments.parse_args()
    rows = []
    for database, sattle, clients in servers(chosen.database):
        for dialect in chosen.api:
            requests = DIALECTS[dialect](sattle, sattle.new_store())
            bench = Bench(database, dialect, sattle, clients, requests, chosen.seconds)
            rows += [bench.waiting(n) if chosen.wait else bench.round(n) for n in chosen.clients]
        if twice := addresses_given_twice(sattle.installation.environment()["DATABASE_URL"]):
            raise SystemExit(f"{database}: {twice} addresses were given twice")
    finish(rows, chosen.json)


if __name__ == "__main__":
    main()
