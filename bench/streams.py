"""Many buyers watch one invoice, by streams and by polls: how soon a change reaches all of them, what they cost in
memory, and what they do to those who make invoices.

The watchers are as the page is: each asks for a stream, and looks every two seconds and then more and more rarely where
there is no room for it. Each has an address of its own. The change is the merchant's: the invoice is marked invalid.
"""

import asyncio
import json
import time

import requests

from bench.create_invoice import greenfield_requests
from bench.load import Answered, Clients
from bench.processes import family, memory_mb
from bench.servers import DATABASES, servers
from bench.table import finish, parser, percentile
from regtest.harness import Harness, NewStore

FIRST_SECONDS, RAREST_SECONDS, RARER = 2.0, 10.0, 1.2  # as checkout.js waits between two looks
SETTLE_SECONDS = 12  # until all watchers are there
SECONDS = 30
GIVE_UP_SECONDS = 60


class Watcher:
    """One open page."""

    def __init__(self, number: int, port: int, invoice_id: str) -> None:
        self._port = port
        self._path = f"/i/{invoice_id}"
        self._address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self.has_stream = False
        self.knows_at = 0.0  # perf_counter

    async def watch(self) -> None:
        """Until the invoice is over."""
        reader, writer = await self._send("/events")
        self.has_stream = b" 200 " in await reader.readline()
        if self.has_stream:
            while b"event: end" not in await reader.readline():
                pass
        writer.close()
        wait = FIRST_SECONDS
        while not await self._is_over():
            await asyncio.sleep(wait)
            wait = min(wait * RARER, RAREST_SECONDS)
        self.knows_at = time.perf_counter()

    async def _is_over(self) -> bool:
        reader, writer = await self._send("/status")
        answer = await reader.read()
        writer.close()
        return b'"isTerminal": true' in answer

    async def _send(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = f"GET {self._path}{path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nConnection: close\r\n"
        writer.write(f"{head}X-Forwarded-For: {self._address}\r\n\r\n".encode("ascii"))
        return reader, writer


class Bench:
    """A running Sattle and who asks it."""

    def __init__(self, database: str, sattle: Harness, clients: Clients) -> None:
        self.database = database
        self._sattle = sattle
        self._clients = clients
        self._store = sattle.new_store()
        self._requests = greenfield_requests(sattle, self._store)

    def measure(self, watchers: int, seconds: float) -> dict[str, object]:
        """Invoices made without watchers, then with them; then the change."""
        alone, memory = self._load(seconds), self._memory_mb()
        return asyncio.run(self._with_watchers(watchers, seconds, alone, memory))

    async def _with_watchers(self, many: int, seconds: float, alone: Answered, memory: float) -> dict[str, object]:
        invoice_id = _made(self._sattle, self._store)
        watching = [Watcher(number, self._sattle.installation.web_port, invoice_id) for number in range(many)]
        tasks = [asyncio.create_task(each.watch()) for each in watching]
        await asyncio.sleep(SETTLE_SECONDS)
        beside = await asyncio.to_thread(self._load, seconds)
        grown = self._memory_mb()
        changed = time.perf_counter()
        await asyncio.to_thread(_mark, self._sattle, self._store, invoice_id)
        await asyncio.wait_for(asyncio.gather(*tasks), GIVE_UP_SECONDS)
        late = {
            name: [(each.knows_at - changed) * 1000 for each in watching if each.has_stream is is_stream]
            for name, is_stream in (("stream", True), ("poll", False))
        }
        return {
            "database": self.database,
            "watchers": many,
            "streams": len(late["stream"]),
            **{f"{name} {what} ms": _figure(late[name], percent) for name in late for what, percent in FIGURES},
            "create p99 ms alone": round(percentile(alone.latencies_ms, 99), 1),
            "create p99 ms beside": round(percentile(beside.latencies_ms, 99), 1),
            "errors": len(alone.errors) + len(beside.errors),
            "MB alone": round(memory),
            "MB beside": round(grown),
        }

    def _load(self, seconds: float) -> Answered:
        return self._clients.load(self._sattle.installation.web_port, self._requests, 1, seconds)

    def _memory_mb(self) -> float:
        """Of all web processes together; what they share counts for each."""
        if self._sattle.web.pid is None:
            raise RuntimeError("the server has ended")
        return sum(memory_mb(pid, "VmRSS") for pid in family(self._sattle.web.pid))


FIGURES = (("p50", 50), ("max", 100))


def _figure(values: list[float], percent: float) -> float | str:
    return round(percentile(values, percent), 1) if values else "-"


def _made(sattle: Harness, store: NewStore) -> str:
    return str(_asked(sattle, store, "", {"amount": "10.00", "currency": "EUR"})["id"])


def _mark(sattle: Harness, store: NewStore, invoice_id: str) -> None:
    _asked(sattle, store, f"/{invoice_id}/status", {"status": "Invalid"})


def _asked(sattle: Harness, store: NewStore, path: str, body: dict[str, str]) -> dict[str, object]:
    url = f"{sattle.server}/api/v1/stores/{store.id}/invoices{path}"
    answer = requests.post(url, json=body, headers={"Authorization": f"token {store.api_key}"}, timeout=SECONDS)
    answer.raise_for_status()
    return dict(json.loads(answer.text))


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--watchers", type=int, default=500)
    arguments.add_argument(
        "--seconds", type=float, default=10, help="of making invoices, alone and beside the watchers"
    )
    arguments.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    chosen = arguments.parse_args()
    rows = []
    for database, sattle, clients in servers(chosen.database, SATTLE_TRUSTED_PROXIES="127.0.0.1"):
        rows.append(Bench(database, sattle, clients).measure(chosen.watchers, chosen.seconds))
    finish(rows, chosen.json)


if __name__ == "__main__":
    main()
