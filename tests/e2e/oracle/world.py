"""One program's store, invoices and transactions, and what must be true of Sattle's books whenever it is quiet."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import requests

from regtest.errors import RpcError
from regtest.installation import wait_for_http
from tests.e2e.ledger import Line
from tests.e2e.oracle.arena import Arena
from tests.e2e.oracle.bounds import Sent, most_at_once, rivals_of
from tests.e2e.oracle.wallet import OracleWallet, Verdict

PRICE_EUR = "10.00"
PRICE_SATS = 20_000
MOST_BILLS = 4
MONEY_EVENTS = {"receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed", "paidAfterExpiration"}
SECONDS = 10


@dataclass(frozen=True)
class Bill:
    """An invoice of the program."""

    id: str
    address: str
    script: str


class World:
    """Remembers all that was ever sent; `look` compares."""

    def __init__(self, arena: Arena, *, fast: bool) -> None:
        self.arena = arena
        self.is_fast = fast
        self.place = arena.place
        self.node = arena.node
        self.sattle = arena.place.sattle
        self.bills: list[Bill] = []
        self.sent: list[Sent] = []
        self.looks = 0
        self._most_confirmed: Counter[str] = Counter()
        self._last_event = 0
        arena.give_payer_coins()
        self._store = arena.new_store(fast=fast)
        self._oracle = OracleWallet(arena.node, f"oracle-{self._store.name}", self._store.account_key)

    def bill(self) -> None:
        """One more invoice, unless there are many."""
        if len(self.bills) >= MOST_BILLS:
            return
        wait_for_http(self.sattle.web, self.sattle.server)
        answer = requests.post(
            f"{self.sattle.server}/invoices",
            json={"price": PRICE_EUR, "currency": "EUR"},
            headers={"Authorization": self._store.authorization},
            timeout=SECONDS,
        )
        answer.raise_for_status()
        invoice_id = str(answer.json()["data"]["id"])
        page = requests.get(f"{self.sattle.server}/i/{invoice_id}/status", timeout=SECONDS).json()
        script = self.node.rpc("validateaddress", page["address"])["scriptPubKey"]
        self.bills.append(Bill(invoice_id, page["address"], script))

    def remember(self, raw: str) -> str:
        """Note a transaction that was made; returns its txid."""
        decoded = self.node.rpc("decoderawtransaction", raw)
        inputs = tuple((coin["txid"], coin["vout"]) for coin in decoded["vin"] if "txid" in coin)
        pays: Counter[str] = Counter()
        for output in decoded["vout"]:
            for bill in self.bills:
                if output["scriptPubKey"]["hex"] == bill.script:
                    pays[bill.id] += int(output["value"] * 10**8)
        self.sent.append(Sent(decoded["txid"], raw, inputs, dict(pays)))
        return str(decoded["txid"])

    def note_chain(self) -> None:
        """Note what the chain has now: no more can be settled than it had at its best."""
        for bill_id, sats in self._confirmed(self._oracle.verdicts()).items():
            self._most_confirmed[bill_id] = max(self._most_confirmed[bill_id], sats)

    def close(self) -> None:
        """Leave nothing unconfirmed behind: what no node would relay again keeps a coin of the payer's reserved."""
        self.place.restore()
        here = {verdict.outpoint.split("-")[0] for verdict in self._oracle.verdicts().values() if verdict.is_here}
        for tx in self.sent:
            if tx.txid not in here:
                with suppress(RpcError):  # replaced for good
                    self.node.mine_with(tx.raw)
        self.node.mine()
        self._oracle.close()

    # The comparison

    def look(self) -> None:
        """Make everything good, wait until the worker has looked at everything, and compare."""
        self.place.restore()
        self.place.catch_up()
        self.looks += 1
        lines = {line.outpoint: line for line in self.place.ledger.payments(*(bill.id for bill in self.bills))}
        verdicts = self._oracle.verdicts(known=lines)
        problems = [
            *self._differences(lines, verdicts),
            *self._rivals_that_count(lines),
            *self._wrong_events(lines),
            *self._wrong_statuses(lines),
            *self._wrong_alerts(lines),
        ]
        assert not problems, "\n".join(problems)

    def _differences(self, lines: Mapping[str, Line], verdicts: Mapping[str, Verdict]) -> list[str]:
        bills = {bill.address: bill.id for bill in self.bills}
        rivals = rivals_of(self.sent)
        problems = [f"{outpoint} is no payment, says the wallet" for outpoint in sorted(set(lines) - set(verdicts))]
        for outpoint, verdict in verdicts.items():
            line = lines.get(outpoint)
            if line is None:
                if verdict.is_here:
                    problems.append(f"{outpoint} is missing; the wallet says {verdict}")
                continue
            is_open = verdict.counted and not verdict.is_here and rivals.get(outpoint.split("-")[0])
            counted = line.counted if is_open else verdict.counted
            theirs = (bills.get(verdict.address), verdict.value_sats, verdict.confirmations, counted)
            ours = (line.invoice_id, line.value_sats, line.confirmations, line.counted)
            if ours != theirs:
                problems.append(f"{outpoint}: invoice, value, confirmations, counted: {ours}; the wallet says {theirs}")
        return problems

    def _rivals_that_count(self, lines: Mapping[str, Line]) -> list[str]:
        """Of transactions that spend one coin, the payments of one count at most."""
        rivals = rivals_of(self.sent)
        counted = {line.outpoint.split("-")[0] for line in lines.values() if line.counted}
        return [f"{txid} counts beside {both}" for txid in counted if (both := rivals.get(txid, set()) & counted)]

    def _most_settled(self, bill: Bill) -> int:
        """The most satoshis that can have been settled at any time."""
        confirmed = self._most_confirmed[bill.id]
        return max(confirmed, most_at_once(self.sent, bill.id)) if self.is_fast else confirmed

    def _wrong_events(self, lines: Mapping[str, Line]) -> list[str]:
        """Nothing announced twice, nothing that counts unannounced, never more counted than could have been paid."""
        problems = []
        for bill in self.bills:
            events = self.place.ledger.events(bill.id)
            announced = Counter(event.payload["payment"] for event in events if event.type == "receivedPayment")
            problems += [f"{outpoint} was announced {n} times" for outpoint, n in announced.items() if n != 1]
            counted = {line.outpoint for line in lines.values() if line.invoice_id == bill.id and line.counted}
            problems += [f"{outpoint} counts and was never announced" for outpoint in sorted(counted - set(announced))]
            limits = {"accountedSats": most_at_once(self.sent, bill.id), "settledSats": self._most_settled(bill)}
            problems += [
                f"event {event.id} {event.type} of {bill.id}: {name} {event.payload[name]} of at most {limit}"
                for event in events
                if event.id > self._last_event and event.type in MONEY_EVENTS
                for name, limit in limits.items()
                if event.payload[name] > limit
            ]
        self._last_event = max((event.id for event in self.place.ledger.events()), default=0)
        return problems

    def _wrong_statuses(self, lines: Mapping[str, Line]) -> list[str]:
        statuses = self.place.ledger.statuses()
        problems = []
        for bill in self.bills:
            counted = sum(line.value_sats for line in lines.values() if line.invoice_id == bill.id and line.counted)
            settled = self._most_settled(bill)
            if not self._is_possible(*statuses[bill.id], counted, settled):
                problems.append(
                    f"{bill.id} is {statuses[bill.id]} with {counted} sats counted and at most {settled} ever settled"
                )
        return problems

    def _wrong_alerts(self, lines: Mapping[str, Line]) -> list[str]:
        """A settled invoice that has less than its price says so; one that has lost nothing says nothing."""
        statuses = self.place.ledger.statuses()
        problems = []
        for bill in self.bills:
            ours = [line for line in lines.values() if line.invoice_id == bill.id]
            settled = {line.outpoint for line in ours if line.status == "Settled"}
            lost = self._ever_settled(bill) - settled
            running = self.place.ledger.running_alerts(bill.id)
            is_short = sum(line.value_sats for line in ours if line.outpoint in settled) < PRICE_SATS
            if statuses[bill.id][0] == "Settled" and is_short and not running:
                problems.append(f"{bill.id} is settled, has lost {sorted(lost)}, and raises no alert")
            problems += [f"{bill.id} raises an alert about {outpoint}" for outpoint in sorted(running - lost)]
        return problems

    def _ever_settled(self, bill: Bill) -> set[str]:
        events = self.place.ledger.events(bill.id)
        return {event.payload["payment"] for event in events if event.type == "paymentSettled"}

    @staticmethod
    def _is_possible(status: str, additional: str, counted: int, most_settled: int) -> bool:
        """Whether a status fits what the invoice has (its price is PRICE_SATS)."""
        return {
            "New": counted < PRICE_SATS and additional == ("PaidPartial" if counted else "None"),
            "Processing": counted >= PRICE_SATS,
            "Settled": most_settled >= PRICE_SATS,
            "Expired": (additional == "PaidLate") == (counted >= PRICE_SATS)
            and (additional == "PaidPartial") == (0 < counted < PRICE_SATS),
        }[status]

    def _confirmed(self, verdicts: Mapping[str, Verdict]) -> Counter[str]:
        bills = {bill.address: bill.id for bill in self.bills}
        found: Counter[str] = Counter()
        for verdict in verdicts.values():
            if verdict.confirmations and verdict.address in bills:
                found[bills[verdict.address]] += verdict.value_sats
        return found
