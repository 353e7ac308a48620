"""Rates and currencies as BitPay clients read them (section 8)."""

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
from app.db.queries import reading
from app.db.queries_bitpay import quotes_of
from app.errors import BadInput, Forbidden, NotFound, SattleError, Unauthenticated
from app.usecases.create_invoice import QUOTE_VALID

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
    _store()
    found = _quoted([_pair(f"{base}_{currency}")])
    if not found:
        raise NotFound(f"There is no rate for {base}_{currency}")
    return data(found[0])


@rates.get("/api/rates")
def bare_rates() -> Response:
    """The same without the wrapping, for pages of anonymous visitors."""
    store = reading().get(Store, anonymous_store_id() or "")
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
    store_id = authenticate().store_id
    store = reading().get(Store, store_id or "")
    if store is None:
        raise Forbidden("This store does not exist, or this client is not paired with it")
    return store


def _rates(store: Store) -> list[dict[str, Any]]:
    asked = next((value for name, value in request.args.items() if name.lower() == "currencypairs"), "")
    if asked:
        return _quoted([_pair(text) for text in asked.split(",") if text.strip()])
    own = f"BTC_{store.default_currency}"
    return sorted(_quoted(None), key=lambda rate: (rate["currencyPair"] != own, rate["currencyPair"]))


def _pair(text: str) -> str:
    """BTC_USD, BTC-USD and BTCUSD are the same pair. BadInput when it is none."""
    pair = text.strip().upper().replace("-", "_")
    if "_" not in pair and len(pair) == 6:
        pair = f"{pair[:3]}_{pair[3:]}"
    left, _, right = pair.partition("_")
    if not (left.isalnum() and right.isalnum() and pair.isascii()):
        raise BadInput("currencyPairs", text, f"The currency pair {text[:40]} is not formatted correctly")
    return pair


def _quoted(pairs: list[str] | None) -> list[dict[str, Any]]:
    """The quotes that are fresh enough to sell at; pairs without one are left out."""
    source = process().settings.rate_source
    oldest = process().clock.now() - QUOTE_VALID
    fresh = {q.pair: q.rate for q in quotes_of(reading(), source) if source == "fixed" or q.at >= oldest}
    return [_told(pair, fresh[pair]) for pair in (fresh if pairs is None else pairs) if pair in fresh]


def _told(pair: str, rate: Decimal) -> dict[str, Any]:
    coin, _, code = pair.partition("_")
    known = known_currencies().get(code)
    return {"name": known.name if known else code, "cryptoCode": coin, "currencyPair": pair, "code": code, "rate": rate}
