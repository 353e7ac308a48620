"""The BitPay dialect's routes for invoices and tokens; rates have a file of their own (bitpay-api sections 1 to 5)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from app.api.bitpay.answers import answer, data, failed, failure, open_to_all
from app.api.bitpay.auth import Caller, authenticate, has_credentials, is_sin, store_caller
from app.api.bitpay.process import process
from app.api.bitpay.render import invoice_object
from app.api.bitpay.schemas import invoice_filter, lower_keys, new_invoice
from app.clock import to_milliseconds
from app.db.audit import act_as
from app.db.models import Store
from app.db.queries import reading, whole_invoice
from app.db.queries_bitpay import invoices_of_store, paired_client
from app.domain.audit import By
from app.domain.exact_json import loads
from app.errors import BadInput, Forbidden, NotFound, SattleError, Unauthenticated
from app.usecases.create_invoice import create_and_tell
from app.usecases.pair_client import Pairing, ask_for_code, claim_code

LONGEST_LABEL = 200

bitpay = Blueprint("bitpay", __name__)
bitpay.after_request(open_to_all)


@bitpay.errorhandler(SattleError)
def tell(error: SattleError) -> Response:
    """What went wrong on purpose, as JSON."""
    return failed(error)


@bitpay.errorhandler(HTTPException)
def tell_http(error: HTTPException) -> Response:
    """What Flask refused, as JSON: other answers break the shop."""
    return failure(error.description or error.name, error.code or 400)


@bitpay.post("/invoices")
@bitpay.post("/invoices/")
def post_invoice() -> Response:
    """Make an invoice for the caller's store."""
    if not (has_credentials() and sends_json()):
        abort(404, "Not found: this needs credentials and a JSON body")
    caller = authenticate()
    store_id = _allowed_to_create(caller)
    server, now = process(), process().clock.now()
    wanted = new_invoice(json_object(), store_id, now, anonymous=caller.anonymous)
    url = server.settings.public_url
    made = create_and_tell(wanted, server.surroundings(), now, lambda row: invoice_object(row, url, now))
    return answer({"facade": "pos/invoice", "data": made})


@bitpay.get("/invoices")
@bitpay.get("/invoices/")
def list_invoices() -> Response:
    """The invoices of the caller's store, newest first."""
    if not has_credentials():
        abort(404, "Not found: this needs credentials")
    store_id = store_caller()
    server, now = process(), process().clock.now()
    rows = invoices_of_store(reading(), store_id, invoice_filter(request.args))
    return data([invoice_object(row, server.settings.public_url, now) for row in rows])


@bitpay.get("/invoices/<invoice_id>")
@bitpay.get("/invoices/<invoice_id>/")
def get_invoice(invoice_id: str) -> Response:
    """The invoice as JSON for clients; the merchant's page for a person who followed the link in the shop."""
    if not (sends_json() or "token" in request.args):
        return process().merchant_invoice(invoice_id)
    store_id = store_caller()
    row = whole_invoice(reading(), invoice_id)
    if row is None or row.store_id != store_id:
        raise NotFound("Object not found")
    return data(invoice_object(row, process().settings.public_url, process().clock.now()))


@bitpay.get("/<tokens:_path>")
def get_tokens(_path: str) -> Response:
    """The caller's token, if it is paired."""
    caller = authenticate()
    if caller.sin is None:
        raise Unauthenticated("Authentication required")
    client = paired_client(reading(), caller.sin)
    return data([{"merchant": client.token}] if client else [])


@bitpay.post("/<tokens:_path>")
def post_tokens(_path: str) -> Response:
    """Pair by a code made here, or ask for a code that a merchant approves."""
    if not request.get_data(cache=True):
        return failure("The request body is missing", 400)
    given = lower_keys(json_object())
    sin, code, label = (_text(given, name) for name in ("id", "pairingcode", "label"))
    if not sin:
        return failure("'id' property is required", 400)
    if not is_sin(sin):
        raise BadInput("id", sin, "it is no SIN: its checksum or prefix does not fit")
    now = process().clock.now()
    if code:
        act_as(By.CLIENT, sin)
        return data([_told(claim_code(code, sin, label, now))])
    process().slow_down(process().code_throttle, request.environ)
    return data([_told(ask_for_code(sin, label, now))])


def sends_json() -> bool:
    """Does the request claim a JSON body? GET requests of clients do as well."""
    return request.mimetype == "application/json" or request.mimetype.endswith("+json")


def json_object() -> Mapping[str, Any]:
    """The body as a JSON object. BadInput when it is none."""
    try:
        body = loads(request.get_data(cache=True))
    except (ValueError, RecursionError):
        raise BadInput("body", "…", "it is not JSON") from None
    if not isinstance(body, dict):
        raise BadInput("body", "…", "it is not a JSON object")
    return body


def _allowed_to_create(caller: Caller) -> str:
    if caller.store_id is None:
        raise Forbidden("This client is not paired with a store")
    if caller.anonymous:
        store = reading().get(Store, caller.store_id)
        if store is None or not store.anyone_can_create_invoice:
            raise Forbidden("This store does not let anybody create invoices")
        process().slow_down(process().invoice_throttle, request.environ)
    return caller.store_id


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value or not value.isprintable():
        raise BadInput(name, value, "it is not plain text")
    return value[:LONGEST_LABEL]


def _told(pairing: Pairing) -> dict[str, Any]:
    return {
        "policies": [],
        "pairingCode": pairing.code,
        "pairingExpiration": to_milliseconds(pairing.expires_at),
        "dateCreated": to_milliseconds(pairing.created_at),
        "facade": "merchant",
        "token": pairing.token,
        "label": pairing.label,
    }
