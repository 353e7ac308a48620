"""Payouts: the merchant looks at what was claimed, approves it, takes it back, says how it stands (greenfield 10)."""

from typing import Any

from app.api.greenfield.answers import Problem
from app.api.greenfield.payout_answers import payout_answer
from app.api.greenfield.payout_schemas import (
    ApprovalRequest,
    PayoutAnswer,
    PayoutMarkRequest,
    PayoutRequest,
    PayoutsQuery,
)
from app.api.greenfield.process import process
from app.api.greenfield.pull_payments import CLAIM_ERRORS, MISSING, require_method
from app.api.greenfield.routing import Api, Call, Resource
from app.db.queries import reading
from app.db.queries_payouts import payout_named, payouts_of_store, store_of_payout, store_of_pull_payment
from app.domain.payout import PayoutState
from app.domain.permissions import Policy
from app.domain.pull_payment import Refusal
from app.usecases.approve_payout import approve_payout as approve
from app.usecases.approve_payout import cancel_payout as cancel
from app.usecases.approve_payout import mark_payout as mark
from app.usecases.claim_payout import NewPayout, claim_payout
from app.usecases.claim_payout import create_payout as create

ALL = "/stores/<store_id>/payouts"
ONE, ONE_SHORT = ALL + "/<payout_id>", "/payouts/<payout_id>"
UNKNOWN = (404, "payout-not-found")
INVALID_STATE = (400, Refusal.INVALID_STATE.value)

part = Api("payouts", {"payout_id": Resource(store_of_payout, UNKNOWN[1])})


@part.operation(
    "GET",
    ALL,
    permission=Policy.VIEW_PAYOUTS,
    query=PayoutsQuery,
    gives=PayoutAnswer,
    many=True,
    summary="The store's payouts, newest first",
)
def list_payouts(call: Call) -> list[dict[str, Any]]:
    """Cancelled ones only where they are asked for."""
    rows = payouts_of_store(reading(), call.store_id, include_cancelled=call.query["include_cancelled"])
    return [payout_answer(row) for row in rows]


@part.operation(
    "POST",
    ALL,
    permission=Policy.CREATE_NON_APPROVED_PULL_PAYMENTS,
    takes=PayoutRequest,
    gives=PayoutAnswer,
    errors=(MISSING, *CLAIM_ERRORS, (400, Refusal.RATE_UNAVAILABLE.value)),
    summary="Ask for a payout, of a pull payment of the store or of none",
)
def create_payout(call: Call) -> dict[str, Any]:
    """To approve it at once takes a permission more."""
    body = call.body
    if body["is_approved"]:
        call.require(Policy.CREATE_PULL_PAYMENTS)
    require_method(body["payout_method"] or body["payment_method"])
    asked = NewPayout(body["destination"], body["amount"], body["metadata"], is_approved=body["is_approved"])
    around = process().payout_surroundings()
    pull_payment_id = body["pull_payment_id"]
    if pull_payment_id is None:
        return _told(create(call.store_id, asked, around, call.now))
    if store_of_pull_payment(reading(), pull_payment_id) != call.store_id:
        raise Problem(*MISSING, "There is no such pull payment")
    return _told(claim_payout(pull_payment_id, asked, around, call.now))


@part.operation(
    "GET",
    ONE,
    also=ONE_SHORT,
    permission=Policy.VIEW_PAYOUTS,
    gives=PayoutAnswer,
    errors=(UNKNOWN,),
    summary="One payout",
)
def get_payout(call: Call, payout_id: str) -> dict[str, Any]:
    """How it stands."""
    return _told(payout_id)


@part.operation(
    "POST",
    ONE,
    also=ONE_SHORT,
    permission=Policy.MANAGE_PAYOUTS,
    takes=ApprovalRequest,
    gives=PayoutAnswer,
    errors=(
        UNKNOWN,
        INVALID_STATE,
        (400, Refusal.OLD_REVISION.value),
        (400, Refusal.RATE_UNAVAILABLE.value),
        (400, Refusal.AMOUNT_TOO_LOW.value),
    ),
    summary="Approve a payout: its address and its amount in coins are fixed",
)
def approve_payout(call: Call, payout_id: str) -> dict[str, Any]:
    """From then on the chain is watched for it."""
    approve(payout_id, call.body["revision"], call.body["rate"], process().payout_surroundings(), call.now)
    return _told(payout_id)


@part.operation(
    "DELETE",
    ONE,
    also=ONE_SHORT,
    permission=Policy.MANAGE_PAYOUTS,
    errors=(UNKNOWN, INVALID_STATE),
    summary="Cancel a payout that was not paid",
)
def cancel_payout(call: Call, payout_id: str) -> None:
    """Twice is the same as once."""
    cancel(payout_id, call.now)


@part.operation(
    "POST",
    ONE + "/mark-paid",
    also=ONE_SHORT + "/mark-paid",
    permission=Policy.MANAGE_PAYOUTS,
    errors=(UNKNOWN, INVALID_STATE),
    summary="Say that a payout was paid",
)
def mark_paid(call: Call, payout_id: str) -> None:
    """Where the chain cannot tell."""
    mark(payout_id, PayoutState.COMPLETED, None, call.now)


@part.operation(
    "POST",
    ONE + "/mark",
    also=ONE_SHORT + "/mark",
    permission=Policy.MANAGE_PAYOUTS,
    takes=PayoutMarkRequest,
    errors=(UNKNOWN, INVALID_STATE),
    summary="Say how a payout stands, with a proof or without",
)
def mark_payout(call: Call, payout_id: str) -> None:
    """What the chain says counts as well."""
    mark(payout_id, PayoutState(call.body["state"]), call.body["proof"], call.now)


def _told(payout_id: str) -> dict[str, Any]:
    row = payout_named(reading(), payout_id)
    if row is None:
        raise Problem(*UNKNOWN, "There is no such payout")
    return payout_answer(row)
