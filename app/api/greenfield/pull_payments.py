"""Pull payments, and the claims that whoever has the link makes of them (greenfield 10)."""

from typing import Any

from flask import request

from app.api.greenfield.answers import Problem
from app.api.greenfield.payout_answers import payout_answer, pull_payment_answer
from app.api.greenfield.payout_schemas import (
    ClaimRequest,
    PayoutAnswer,
    PayoutsQuery,
    PullPaymentAnswer,
    PullPaymentRequest,
    PullPaymentsQuery,
    require_payable,
)
from app.api.greenfield.process import process
from app.api.greenfield.routing import Access, Api, Call, Resource
from app.db.models import PullPayment
from app.db.queries import reading
from app.db.queries_payouts import (
    payout_named,
    payouts_of_pull_payment,
    pull_payments_of,
    store_of_pull_payment,
)
from app.domain.permissions import Policy
from app.domain.pull_payment import Refusal
from app.errors import BadInput, SattleError
from app.usecases.claim_payout import NewPayout
from app.usecases.claim_payout import claim_payout as claim
from app.usecases.create_pull_payment import NewPullPayment
from app.usecases.create_pull_payment import archive_pull_payment as archive
from app.usecases.create_pull_payment import create_pull_payment as create

STORES = "/stores/<store_id>"
ONE = "/pull-payments/<pull_payment_id>"
MISSING = (404, "pullpayment-not-found")
CLAIM_ERRORS = tuple(
    (400, refusal.value)
    for refusal in (
        Refusal.DUPLICATE_DESTINATION,
        Refusal.EXPIRED,
        Refusal.NOT_STARTED,
        Refusal.ARCHIVED,
        Refusal.OVERDRAFT,
        Refusal.AMOUNT_TOO_LOW,
        Refusal.NOT_SUPPORTED,
    )
)

part = Api("pull_payments", {"pull_payment_id": Resource(store_of_pull_payment, MISSING[1])})


@part.operation(
    "POST",
    f"{STORES}/pull-payments",
    permission=Policy.CREATE_NON_APPROVED_PULL_PAYMENTS,
    takes=PullPaymentRequest,
    gives=PullPaymentAnswer,
    summary="Offer an amount to whoever has the link",
)
def create_pull_payment(call: Call) -> dict[str, Any]:
    """That claims are approved without another look takes a permission more."""
    body = call.body
    if body["auto_approve"]:
        call.require(Policy.CREATE_PULL_PAYMENTS)
    if body["amount"] is None:
        raise BadInput("Amount", None, "say how much is offered")
    require_payable("PayoutMethods", body["payout_methods"] or body["payment_methods"] or [])
    wanted = NewPullPayment(
        store_id=call.store_id,
        name=body["name"],
        description=body["description"],
        amount=body["amount"],
        currency=body["currency"].strip().upper(),
        bolt11_expiration_days=body["bolt11_days"],
        auto_approve_claims=body["auto_approve"],
        starts_at=body["starts_at"],
        expires_at=body["expires_at"],
    )
    return _told(_existing(create(wanted, process().payout_surroundings(), call.now)))


@part.operation(
    "GET",
    f"{STORES}/pull-payments",
    permission=Policy.VIEW_PULL_PAYMENTS,
    query=PullPaymentsQuery,
    gives=PullPaymentAnswer,
    many=True,
    summary="The store's pull payments, newest first",
)
def list_pull_payments(call: Call) -> list[dict[str, Any]]:
    """Archived ones only where they are asked for."""
    include_archived = call.query["include_archived"]
    return [_told(row) for row in pull_payments_of(reading(), call.store_id, include_archived=include_archived)]


@part.operation(
    "GET",
    ONE,
    also=STORES + ONE,
    permission=Access.ANYONE,
    gives=PullPaymentAnswer,
    errors=(MISSING,),
    summary="One pull payment",
)
def get_pull_payment(call: Call, pull_payment_id: str) -> dict[str, Any]:
    """The id is the secret: whoever has it may claim."""
    return _told(_existing(pull_payment_id, call))


@part.operation(
    "DELETE",
    STORES + ONE,
    also=ONE,
    permission=Policy.ARCHIVE_PULL_PAYMENTS,
    errors=(MISSING,),
    summary="Archive a pull payment; what was claimed and not paid is cancelled",
)
def archive_pull_payment(call: Call, pull_payment_id: str) -> None:
    """Twice is the same as once."""
    archive(pull_payment_id, call.now)


@part.operation(
    "GET",
    ONE + "/payouts",
    also=STORES + ONE + "/payouts",
    permission=Access.ANYONE,
    query=PayoutsQuery,
    gives=PayoutAnswer,
    many=True,
    errors=(MISSING,),
    summary="What was claimed of a pull payment, newest first",
)
def list_claims(call: Call, pull_payment_id: str) -> list[dict[str, Any]]:
    """Cancelled ones only where they are asked for."""
    row = _existing(pull_payment_id, call)
    found = payouts_of_pull_payment(reading(), row.id, include_cancelled=call.query["include_cancelled"])
    return [payout_answer(payout) for payout in found]


@part.operation(
    "POST",
    ONE + "/payouts",
    also=STORES + ONE + "/payouts",
    permission=Access.ANYONE,
    takes=ClaimRequest,
    gives=PayoutAnswer,
    errors=(MISSING, *CLAIM_ERRORS, (429, "too-many-requests")),
    summary="Claim: say where it is to be paid to",
)
def create_claim(call: Call, pull_payment_id: str) -> dict[str, Any]:
    """An address or a payment link; without an amount, all that is left."""
    process().slow_down(process().claim_throttle, request.environ)
    row = _existing(pull_payment_id, call)
    require_method(call.body["payout_method"] or call.body["payment_method"])
    asked = NewPayout(call.body["destination"], call.body["amount"])
    payout_id = claim(row.id, asked, process().payout_surroundings(), call.now)
    return _claimed(pull_payment_id, payout_id)


@part.operation(
    "GET",
    ONE + "/payouts/<payout_id>",
    also=STORES + ONE + "/payouts/<payout_id>",
    permission=Access.ANYONE,
    gives=PayoutAnswer,
    errors=(MISSING, (404, "payout-not-found")),
    summary="One claim of a pull payment",
)
def get_claim(call: Call, pull_payment_id: str, payout_id: str) -> dict[str, Any]:
    """How it stands."""
    return _claimed(_existing(pull_payment_id, call).id, payout_id)


@part.operation(
    "GET",
    ONE + "/lnurl",
    permission=Access.ANYONE,
    errors=(MISSING, (400, "lnurl-not-supported")),
    summary="Claim by Lightning, which this server does not do",
)
def get_lnurl(call: Call, pull_payment_id: str) -> None:
    """Never."""
    _existing(pull_payment_id, call)
    raise Problem(400, "lnurl-not-supported", "This server pays on the chain only")


def require_method(given: str | None) -> None:
    """Problem where a payout is asked for by a method that this server does not pay by."""
    if given:
        try:
            require_payable("PayoutMethodId", [given])
        except SattleError:
            raise Problem(400, Refusal.NOT_SUPPORTED.value, "This server pays by BTC-CHAIN only") from None


def _existing(pull_payment_id: str, call: Call | None = None) -> PullPayment:
    """The row, of the store that the path names if it names one. Problem 404."""
    row = reading().get(PullPayment, pull_payment_id)
    if row is None or (call is not None and call.store_id not in ("", row.store_id)):
        raise Problem(*MISSING, "There is no such pull payment")
    return row


def _claimed(pull_payment_id: str, payout_id: str) -> dict[str, Any]:
    row = payout_named(reading(), payout_id)
    if row is None or row.pull_payment_id != pull_payment_id:
        raise Problem(404, "payout-not-found", "There is no such payout of this pull payment")
    return payout_answer(row)


def _told(row: PullPayment) -> dict[str, Any]:
    return pull_payment_answer(row, process().settings.public_url)
