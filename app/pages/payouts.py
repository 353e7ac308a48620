"""The merchant's payouts: what was claimed, the approval, and how to pay it from a wallet of one's own."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request

from app.db.models import Payout
from app.db.queries import reading
from app.db.queries_access import holder_of_user
from app.db.queries_payouts import outputs_that_pay_nothing, payout_named, payouts_of_stores
from app.domain.money import ceil_sats, coins_text
from app.domain.payout import PayoutState
from app.domain.permissions import Holder, Policy
from app.errors import NoQuote, SattleError
from app.pages.payout_view import payout_view
from app.pages.qr import qr_svg
from app.pages.signed_in import for_forms, for_merchants, see_other, the_merchant
from app.services import services
from app.usecases.approve_payout import approve_payout, cancel_payout, mark_payout
from app.usecases.propose_psbt import ask_for_psbt

blueprint = for_forms(Blueprint("payouts", __name__))
SHOWN = 200


@dataclass(frozen=True)
class Question:
    """What is asked before a deed is done."""

    title: str
    text: str
    button: str
    is_bad: bool = False


QUESTIONS = {
    "approve": Question(
        "Approve this payout?",
        "Its amount in bitcoin is fixed by this, at the rate of now, and you owe it from then on. Approve only what "
        "you recognise: whoever had the link could claim it, and a payment cannot be called back.",
        "Approve it",
    ),
    "cancel": Question(
        "Cancel this payout?",
        "It is not paid any more, and the customer is told so on the page of the refund. Do not cancel what you have "
        "sent already. This cannot be taken back.",
        "Cancel it",
        is_bad=True,
    ),
    "paid": Question(
        "Mark this payout as paid?",
        "The customer is told that the money was sent, whatever the chain says. Do this when you paid it in a way that "
        "is not seen here. You can take the mark back.",
        "Mark as paid",
    ),
}


@blueprint.get("/payouts")
@for_merchants
def page() -> Response:
    """Those of all stores of the merchant; what waits for somebody comes first."""
    rows = payouts_of_stores(reading(), _holder().stores_where(Policy.VIEW_PAYOUTS), SHOWN)
    return Response(
        render_template("merchant/payouts.html", payouts=[(payout_view(row), row.store.name) for row in rows])
    )


@blueprint.get("/payouts/<payout_id>")
@for_merchants
def one(payout_id: str) -> Response:
    """One payout, with what is to be done about it."""
    return _one(_mine(payout_id, Policy.VIEW_PAYOUTS))


@blueprint.get("/payouts/<payout_id>/qr.svg")
@for_merchants
def qr(payout_id: str) -> Response:
    """The payment link as a QR code, while it is to be paid."""
    view = payout_view(_mine(payout_id, Policy.VIEW_PAYOUTS))
    if not view.is_to_be_paid or view.link is None:
        abort(404)
    return Response(qr_svg(view.link), mimetype="image/svg+xml")


@blueprint.get("/payouts/<payout_id>/payout.psbt")
@for_merchants
def psbt(payout_id: str) -> Response:
    """The transaction that the node's wallet proposes, as a file for the wallet that signs."""
    view = payout_view(_mine(payout_id, Policy.VIEW_PAYOUTS))
    if view.psbt is None:
        abort(404)
    response = Response(base64.b64decode(view.psbt), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="payout-{view.id}.psbt"'
    return response


@blueprint.get("/payouts/<payout_id>/<any(approve, cancel, paid):deed>")
@for_merchants
def ask(payout_id: str, deed: str) -> Response:
    """What moves money, or lets nobody claim it any more, is asked about first."""
    row = _mine(payout_id, Policy.MANAGE_PAYOUTS)
    view = payout_view(row)
    shown = render_template(
        "merchant/payout_ask.html",
        payout=view,
        store=row.store,
        deed=deed,
        question=QUESTIONS[deed],
        revision=row.revision,
        estimate=_estimate(row) if view.may_approve else None,
    )
    return Response(shown)


@blueprint.post("/payouts/<payout_id>/<deed>")
@for_merchants
def act(payout_id: str, deed: str) -> Response:
    """Approve, cancel, mark as paid, take a mark back, or ask for another transaction."""
    if deed not in DEEDS:
        abort(404)
    row = _mine(payout_id, Policy.MANAGE_PAYOUTS)
    try:
        DEEDS[deed](row)
    except SattleError as trouble:
        return _one(_mine(payout_id, Policy.VIEW_PAYOUTS), str(trouble), 422)
    return see_other(f"/payouts/{row.id}")


def _approve(row: Payout) -> None:
    """What the page showed is what is approved."""
    revision = request.form.get("revision", "")
    shown = int(revision) if revision.isdecimal() and len(revision) < 10 else -1
    approve_payout(row.id, shown, None, services().payout_surroundings(), services().clock.now())


DEEDS: dict[str, Callable[[Payout], None]] = {
    "approve": _approve,
    "cancel": lambda row: cancel_payout(row.id, services().clock.now()),
    "paid": lambda row: mark_payout(row.id, PayoutState.COMPLETED, None, services().clock.now()),
    "unpaid": lambda row: mark_payout(row.id, PayoutState.AWAITING_PAYMENT, None, services().clock.now()),
    "psbt": lambda row: ask_for_psbt(row.id, services().clock.now()),
}


def _one(row: Payout, trouble: str = "", status: int = 200) -> Response:
    view = payout_view(row)
    shown = render_template(
        "merchant/payout.html",
        payout=view,
        store=row.store,
        estimate=_estimate(row) if view.may_approve else None,
        idle=outputs_that_pay_nothing(reading(), row) if view.may_be_marked else (),
        may_manage=_holder().may(Policy.MANAGE_PAYOUTS, row.store_id),
        refunds=row.pull_payment.invoice_id if row.pull_payment else None,
        trouble=trouble,
    )
    return Response(shown, status)


def _estimate(row: Payout) -> str | None:
    """What it would come to if it were approved now."""
    around, now = services().payout_surroundings(), services().clock.now()
    try:
        rate, _ = around.rate_now(reading(), row.store_id, row.original_currency, now)
    except NoQuote:
        return None
    return coins_text(ceil_sats(row.original_amount, rate))


def _mine(payout_id: str, policy: Policy) -> Payout:
    row = payout_named(reading(), payout_id)
    if row is None or not _holder().may(policy, row.store_id):
        abort(404, "There is no such payout among those of your stores.")
    return row


def _holder() -> Holder:
    found = holder_of_user(reading(), the_merchant().user_id)
    if found is None:
        abort(403, "Sign in first")
    return found
