"""The worker asks every source that a store needs, each when it is due, and nobody else does."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.db.models import Quote, db
from app.domain.rate_rules import RateSettings
from app.domain.rates import BidAsk
from app.errors import ConfigError
from app.quote_keeper import QuoteKeeper, Source
from app.rates.bitpay import Bitpay
from app.rates.fixed import Fixed
from app.rates.kraken import Kraken
from app.services import Services
from app.settings import Settings
from app.usecases.create_store import create_store
from app.usecases.delete_store import delete_store
from app.usecases.refresh_rates import store_quotes
from app.usecases.set_rates import set_rates
from app.worker import guard
from tests.exchange import exchange

TICKERS = {"XXBTZEUR": {"b": ["50000.5"], "a": ["50001"]}, "XBTCHF": {"b": ["0"], "a": ["1"]}}
KRAKEN = json.dumps({"error": [], "result": TICKERS})
BITPAY = json.dumps({"data": [{"code": "EUR", "rate": 49000}, {"code": "NOK", "rate": 600000}]})


class Place:
    """An application without a worker process, and exchanges on this machine."""

    def __init__(self, app: Flask, running: ExitStack) -> None:
        self.app = app
        self.services: Services = app.extensions["sattle"]
        self._running = running
        self.asked: dict[str, list[str]] = {}
        self.sources: dict[str, Source] = {"fixed": Fixed({"BTC_EUR": Decimal(50_000)})}
        self.keeper = QuoteKeeper(app, self.services.clock, "fixed", self.source_named)

    def exchange(self, name: str, body: str, status: int = 200) -> None:
        url, self.asked[name] = self._running.enter_context(exchange(body.encode(), status))
        self.sources[name] = Kraken(url) if name == "kraken" else Bitpay(url)

    def source_named(self, name: str) -> Source:
        if name not in self.sources:
            raise ConfigError(f"nobody has opened {name}")
        return self.sources[name]

    def store(self, **rates: RateSettings) -> str:
        with self.app.app_context():
            store_id = create_store("a shop", self.services.clock.now())
            for which, settings in rates.items():
                set_rates(store_id, which, settings)  # type: ignore[arg-type]
            return store_id

    def refresh(self) -> None:
        self.keeper.refresh_due(guard)

    def quotes(self) -> dict[tuple[str, str], tuple[Decimal, Decimal | None]]:
        with self.app.app_context():
            return {(row.source, row.pair): (row.rate, row.ask) for row in db.session.query(Quote)}


@pytest.fixture
def place(tmp_path: Path, migrated_url: str) -> Iterator[Place]:
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(tmp_path), "DATABASE_URL": migrated_url}
    app = create_app(Settings.from_environment(chosen))
    with ExitStack() as running:
        yield Place(app, running)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_the_server_s_source_is_asked_and_one_that_a_store_chooses_as_soon_as_it_does(place: Place) -> None:
    place.exchange("kraken", KRAKEN)
    place.store()
    place.refresh()
    assert place.quotes() == {("fixed", "BTC_EUR"): (50_000, None)}
    assert place.asked["kraken"] == []
    place.store(primary=RateSettings("kraken"))
    place.refresh()
    assert place.quotes()["kraken", "BTC_EUR"] == (Decimal("50000.5"), Decimal(50_001))
    assert ("kraken", "BTC_CHF") not in place.quotes()
    place.refresh()
    assert len(place.asked["kraken"]) == 1


def test_fallbacks_and_rules_are_provided_for_as_well(place: Place) -> None:
    place.exchange("kraken", KRAKEN)
    place.exchange("bitpay", BITPAY)
    script = RateSettings(script="BTC_SEK = kraken(BTC_EUR) * 11; X_X = fixed(X_X);")
    place.store(primary=script, fallback=RateSettings("bitpay"))
    place.refresh()
    assert {source for source, _ in place.quotes()} == {"fixed", "kraken", "bitpay"}


def test_a_source_that_fails_holds_up_no_other_and_is_put_off(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.exchange("bitpay", BITPAY, status=503)
    place.exchange("kraken", KRAKEN)
    place.store(primary=RateSettings("bitpay"), fallback=RateSettings("kraken"))
    place.refresh()
    place.refresh()
    assert len(place.asked["bitpay"]) == 1
    assert ("kraken", "BTC_EUR") in place.quotes()
    assert "bitpay: the rate source answers 503" in caplog.text


def test_nobody_asks_for_a_store_that_was_deleted(place: Place) -> None:
    place.exchange("kraken", KRAKEN)
    gone = place.store(primary=RateSettings("kraken"))
    with place.app.app_context():
        delete_store(gone, place.services.clock.now())
    place.refresh()
    assert place.asked["kraken"] == []


def test_what_an_operator_no_longer_fixes_is_forgotten(place: Place) -> None:
    place.store()
    place.refresh()
    with place.app.app_context():
        store_quotes("fixed", {"BTC_USD": BidAsk.of(Decimal(1))}, place.services.clock.now())
        store_quotes("kraken", {"BTC_EUR": BidAsk.of(Decimal(1))}, place.services.clock.now())
        store_quotes("kraken", {"BTC_USD": BidAsk.of(Decimal(1))}, place.services.clock.now())
    assert set(place.quotes()) == {("fixed", "BTC_USD"), ("kraken", "BTC_EUR"), ("kraken", "BTC_USD")}


def test_an_operator_chooses_rates_by_command(place: Place, tmp_path: Path) -> None:
    place.exchange("kraken", KRAKEN)
    store_id = place.store()

    def told(*options: str) -> Any:
        done = place.app.test_cli_runner().invoke(args=["store", "rates", store_id, "--json", *options])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert told() == {"BTC_EUR": None}
    place.refresh()
    assert told() == {"BTC_EUR": "50000"}
    assert told("--source", "kraken", "--spread", "10") == {"BTC_EUR": None}
    place.refresh()
    assert told() == {"BTC_EUR": "45000.45"}
    (tmp_path / "rules").write_text("BTC_EUR = fixed(BTC_EUR) * 2;")
    assert told("--rules", str(tmp_path / "rules")) == {"BTC_EUR": "90000.0"}
    assert told("--source", "server", "--spread", "0", "--fallback", "kraken") == {"BTC_EUR": "50000"}
    shown = place.app.test_cli_runner().invoke(args=["store", "rates", store_id])
    assert shown.stdout.splitlines() == [
        "X_X = fixed(X_X);  // spread 0 %",
        "X_X = kraken(X_X);  // spread 0 %",
        "BTC_EUR  50000",
    ]
    for wrong in (["--source", "oracle"], ["--spread", "100"], ["--fallback", "oracle"], ["--spread", "much"]):
        refused = place.app.test_cli_runner().invoke(args=["store", "rates", store_id, *wrong])
        assert refused.exit_code != 0
        assert "Traceback" not in refused.output
    assert told("--fallback", "none") == {"BTC_EUR": "50000"}


def test_an_old_quote_is_told_as_such(place: Place) -> None:
    store_id = place.store(primary=RateSettings("kraken"))
    with place.app.app_context():
        old = place.services.clock.now() - timedelta(minutes=7)
        store_quotes("kraken", {"BTC_EUR": BidAsk.of(Decimal(1))}, old)
    shown = place.app.test_cli_runner().invoke(args=["store", "rates", store_id])
    assert "the newest quote of kraken for BTC_EUR is 7 minutes old" in shown.stdout
