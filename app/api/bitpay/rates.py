"""Rates and currencies as BitPay clients read them (section 8)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from app.api.bitpay.answers import answer, data, open_to_all
from app.api.bitpay.auth import anonymous_store_id, authenticate, has_credentials
from app.api.bitpay.process import process
from app.api.bitpay.routes import tell, tell_http
from app.currencies import known_currencies
from app.db.models import Store
from app.db.queries import reading, store_in_use
from app.db.queries_rates import pairs_quoted, rates_now, store_rates
from app.domain.rates import COIN, Pair, read_pair
from app.errors import Forbidden, NotFound, SattleError, Unauthenticated

rates = Blueprint("bitpay_rates", __name__)
rates.after_request(open_to_all)
rates.register_error_handler(SattleError, tell)
rates.register_error_handler(HTTPException, tell_http)


@rates.get("/rates")
@rates.get("/rates/")
def list_rates() -> Response:
    """The pairs asked for; without any, all that the rate source offers, the store's own currency first."""
    return data(_rates(_store()))


@rates.get("/rates/<base>")
def rates_of(base: str) -> Response:
    """The rates of one coin."""
    return data([rate for rate in _rates(_store()) if rate["cryptoCode"] == base.upper()])


@rates.get("/rates/<base>/<currency>")
def one_rate(base: str, currency: str) -> Response:
    """One rate. 404 when there is none."""
    found = _quoted(_store(), [read_pair(f"{base}_{currency}", "currencyPairs")])
    if not found:
        raise NotFound(f"There is no rate for {base}_{currency}")
    return data(found[0])


@rates.get("/api/rates")
def bare_rates() -> Response:
    """The same without the wrapping, for pages of anonymous visitors."""
    store = store_in_use(reading(), anonymous_store_id())
    if store is None:
        raise NotFound("Store not found")
    return answer(_rates(store))


@rates.get("/currencies")
def currencies() -> Response:
    """Every currency that an invoice may be in."""
    return data(
        [
            {"code": known.code, "symbol": known.code, "name": known.name, "precision": known.digits}
            for known in known_currencies().values()
        ]
    )


def _store() -> Store:
    """The store of the credentials, or the one named by storeId. Forbidden when there is none."""
    if not has_credentials() and "x-identity" not in request.headers:
        raise Unauthenticated("Authentication required")
    store = store_in_use(reading(), authenticate().store_id)
    if store is None:
        raise Forbidden("This store does not exist, or this client is not paired with it")
    return store


def _rates(store: Store) -> list[dict[str, Any]]:
    asked = next((value for name, value in request.args.items() if name.lower() == "currencypairs"), "")
    if asked:
        return _quoted(store, [read_pair(text, "currencyPairs") for text in asked.split(",") if text.strip()])
    own = Pair(COIN, store.default_currency)
    rules = store_rates(store.primary_rates, store.fallback_rates)
    known = pairs_quoted(reading(), rules.sources(process().settings.rate_source))
    return _quoted(store, [own, *(pair for pair in known if pair != own)])


def _quoted(store: Store, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """The bids by the store's rules that are fresh enough to sell at; pairs without one are left out."""
    rules = store_rates(store.primary_rates, store.fallback_rates)
    server = process()
    found = rates_now(reading(), rules, server.settings.rate_source, pairs, server.clock.now())
    return [_told(pair, priced.rate.bid) for pair, priced in found.items() if priced.rate]


def _told(pair: Pair, rate: Decimal) -> dict[str, Any]:
    coin, code = pair
    known = known_currencies().get(code)
    name = known.name if known else code
    return {"name": name, "cryptoCode": coin, "currencyPair": str(pair), "code": code, "rate": rate}
