"""The page behind a pull payment's link: the customer says where the money shall go, and sees what becomes of it."""

from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, abort, render_template, request

from app.db.models import PullPayment
from app.db.queries import reading
from app.db.queries_payouts import payouts_of_pull_payment
from app.domain.pull_payment import Refusal, remaining
from app.errors import BadInput, Refused
from app.pages.checkout_view import money
from app.pages.payout_view import payout_view
from app.pages.signed_in import STALE, for_forms, form_is_ours, see_other
from app.services import services
from app.usecases.claim_payout import TEXTS, NewPayout, claim_payout, claims_of, terms_of

blueprint = for_forms(Blueprint("claim", __name__))
LONGEST = 2_000


@blueprint.get("/pull-payments/<pull_payment_id>")
def page(pull_payment_id: str) -> Response:
    """What is offered, and how each claim stands."""
    services().slow_down(services().page_throttle, request.environ)
    return _page(_offer(pull_payment_id))


@blueprint.post("/pull-payments/<pull_payment_id>")
def claim(pull_payment_id: str) -> Response:
    """Claim to the address given; without an amount, all that is left."""
    services().slow_down(services().claim_throttle, request.environ)
    row = _offer(pull_payment_id)
    if not form_is_ours():
        return _page(row, STALE, 403)
    try:
        asked = NewPayout(request.form.get("destination", "")[:LONGEST], _amount(request.form.get("amount", "")))
        claim_payout(row.id, asked, services().payout_surroundings(), services().clock.now())
    except BadInput as wrong:
        return _page(row, f"{_named(wrong.field)}: {wrong.remedy}.", 422)
    except Refused as refused:
        return _page(row, _sentence(str(refused)), 422)
    return see_other(f"/pull-payments/{row.id}")


def _page(row: PullPayment, trouble: str = "", status: int = 200) -> Response:
    now = services().clock.now()
    payouts = payouts_of_pull_payment(reading(), row.id, include_cancelled=True)
    left = remaining(terms_of(row), claims_of(payouts))
    closed = terms_of(row).closed(now) or (Refusal.OVERDRAFT if left <= 0 else None)
    claims = [payout_view(payout) for payout in payouts]
    shown = render_template(
        "claim.html",
        offer=row,
        amount=money(row.amount, row.currency),
        left=money(left, row.currency) if left > 0 else None,
        why_not=_sentence(TEXTS[closed]) if closed and closed is not Refusal.OVERDRAFT else None,
        may_claim=closed is None,
        claims=claims,
        is_waiting=closed is not None and not all(each.is_final for each in claims),
        network=services().settings.network,
        trouble=trouble,
        given=request.form.get("destination", "")[:LONGEST],
        given_amount=request.form.get("amount", "")[:40],
    )
    return Response(shown, status)


def _offer(pull_payment_id: str) -> PullPayment:
    row = reading().get(PullPayment, pull_payment_id)
    if row is None:
        abort(404)
    return row


def _amount(text: str) -> Decimal | None:
    """BadInput."""
    bare = text.strip().replace(",", ".")
    if not bare:
        return None
    try:
        amount = Decimal(bare)
    except InvalidOperation:
        raise BadInput("Amount", text, "write it like 12.50, or leave it empty") from None
    if not amount.is_finite() or abs(amount.adjusted()) > 30:
        raise BadInput("Amount", text, "it is more than there is")
    return amount


def _named(field: str) -> str:
    return "This address cannot be used" if field == "Destination" else "This amount cannot be used"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
