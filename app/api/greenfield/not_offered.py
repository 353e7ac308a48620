"""What Greenfield has and Sattle has not: payment requests, Lightning, routes of before version 2 (1, 11 and 13)."""

from typing import Any, NoReturn

from marshmallow import Schema

from app.api.greenfield.answers import Problem
from app.api.greenfield.fields import Request
from app.api.greenfield.routing import Api, Call, Resource
from app.db.session import Session
from app.domain.permissions import Policy

ONE, ONE_SHORT = "/stores/<store_id>/payment-requests/<payment_request_id>", "/payment-requests/<payment_request_id>"
MISSING = (404, "payment-request-not-found")
OLD_KINDS = ("LightningNetwork", "LNURLPay", "LNURL", "OnChain")


def store_of_payment_request(_session: Session, _payment_request_id: str) -> None:
    """There is none."""


payment_requests = Api("payment-requests", {"payment_request_id": Resource(store_of_payment_request, MISSING[1])})
lightning = Api("lightning")
obsolete = Api("obsolete")


class PaymentRequestRequest(Request):
    """Whatever a payment request may say."""


class PaymentRequestAnswer(Schema):
    """There is none to show."""


@payment_requests.operation(
    "GET",
    "/stores/<store_id>/payment-requests",
    permission=Policy.VIEW_PAYMENT_REQUESTS,
    gives=PaymentRequestAnswer,
    many=True,
    summary="The store's payment requests: none, they are not offered",
)
def list_payment_requests(call: Call) -> list[dict[str, Any]]:
    """An empty list."""
    return []


@payment_requests.operation(
    "POST",
    "/stores/<store_id>/payment-requests",
    permission=Policy.MODIFY_PAYMENT_REQUESTS,
    takes=PaymentRequestRequest,
    errors=((400, "not-offered"),),
    summary="Not offered",
)
def create_payment_request(call: Call) -> NoReturn:
    """Refused."""
    raise Problem(400, "not-offered", "This server does not offer payment requests; make an invoice instead")


@payment_requests.operation(
    "GET", ONE, also=ONE_SHORT, permission=Policy.VIEW_PAYMENT_REQUESTS, errors=(MISSING,), summary="Not offered"
)
def get_payment_request(call: Call, payment_request_id: str) -> NoReturn:
    """There is none."""
    _no_payment_request(call, payment_request_id)


@payment_requests.operation(
    "PUT", ONE, also=ONE_SHORT, permission=Policy.MODIFY_PAYMENT_REQUESTS, errors=(MISSING,), summary="Not offered"
)
def update_payment_request(call: Call, payment_request_id: str) -> NoReturn:
    """There is none."""
    _no_payment_request(call, payment_request_id)


@payment_requests.operation(
    "DELETE", ONE, also=ONE_SHORT, permission=Policy.MODIFY_PAYMENT_REQUESTS, errors=(MISSING,), summary="Not offered"
)
def archive_payment_request(call: Call, payment_request_id: str) -> NoReturn:
    """There is none."""
    _no_payment_request(call, payment_request_id)


@payment_requests.operation(
    "POST",
    ONE + "/pay",
    also=ONE_SHORT + "/pay",
    permission=Policy.VIEW_PAYMENT_REQUESTS,
    errors=(MISSING,),
    summary="Not offered",
)
def pay_payment_request(call: Call, payment_request_id: str) -> NoReturn:
    """There is none."""
    _no_payment_request(call, payment_request_id)


@lightning.everywhere_below(
    "/stores/<store_id>/lightning/<coin>", permission=Policy.USE_LIGHTNING, summary="Lightning is not offered"
)
def store_lightning(call: Call, **ids: str) -> NoReturn:
    """No store has a Lightning node."""
    raise Problem(404, "paymentmethod-not-configured", "This server has no Lightning node")


@lightning.everywhere_below(
    "/server/lightning/<coin>", permission=Policy.USE_INTERNAL_LIGHTNING, summary="Lightning is not offered"
)
def server_lightning(call: Call, **ids: str) -> NoReturn:
    """Nor has the server."""
    raise Problem(404, "paymentmethod-not-configured", "This server has no Lightning node")


@obsolete.everywhere_below(
    *(f"/stores/<store_id>/payment-methods/{kind}" for kind in OLD_KINDS),
    permission=Policy.VIEW_STORE,
    summary="A route of before version 2",
)
def old_payment_methods(call: Call, **ids: str) -> NoReturn:
    """They have moved."""
    raise Problem(410, "unsupported-in-v2", "This route is one of before version 2; use payment-methods/BTC-CHAIN")


def _no_payment_request(_call: Call, _payment_request_id: str) -> NoReturn:
    """Never reached: nothing has such an id, and the call ends before."""
    raise Problem(*MISSING, "there is no payment request with this id")
