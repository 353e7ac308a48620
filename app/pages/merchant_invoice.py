"""/invoices/{id} for a person: the shop's order list leads there. The dialect at the same address answers programs."""

from collections.abc import Sequence

from flask import Response, render_template, request

from app.db.facts import payment_facts
from app.db.models import Invoice, Payment, PullPayment
from app.db.queries import reading, stored_tip, whole_invoice
from app.db.queries_access import holder_of_user
from app.db.queries_chain import alerts_of
from app.db.queries_payouts import refunds_of
from app.domain.chain import Tip
from app.domain.money import coins_text
from app.domain.payment import confirmations
from app.domain.permissions import Policy
from app.pages.checkout_view import money
from app.pages.payout_view import PayoutView, payout_view
from app.pages.signed_in import merchant, the_merchant
from app.services import services


def page(invoice_id: str) -> Response:
    """The invoice for a merchant who may see it, 404 for another one; who is not signed in is told where to."""
    if merchant() is None:
        response = Response(render_template("sign_in.html", invoice_id=invoice_id, here=request.path))
    else:
        row = _mine(invoice_id)
        response = Response(_view(row)) if row else Response(_nothing(), 404)
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _mine(invoice_id: str) -> Invoice | None:
    row = whole_invoice(reading(), invoice_id)
    holder = holder_of_user(reading(), the_merchant().user_id)
    visible = row is not None and holder is not None and holder.may(Policy.VIEW_INVOICES, row.store_id)
    return row if visible else None


def _view(row: Invoice) -> str:
    tip = stored_tip(reading(), services().settings.network)
    return render_template(
        "merchant/invoice.html",
        invoice=row,
        price=money(row.price, row.currency) if row.price is not None else f"open, in {row.currency}",
        payments=[_payment(payment, tip) for payment in row.payments],
        alerts=alerts_of(reading(), row.id),
        refunds=[(refund, _claims(refund)) for refund in _refunds(row)],
    )


def _refunds(row: Invoice) -> Sequence[PullPayment]:
    """Whoever has the link of one can claim it: only for those who may see pull payments."""
    holder = holder_of_user(reading(), the_merchant().user_id)
    visible = holder is not None and holder.may(Policy.VIEW_PULL_PAYMENTS, row.store_id)
    return refunds_of(reading(), row.id) if visible else ()


def _nothing() -> str:
    text = "There is no such invoice among those of your stores."
    return render_template("error.html", code=404, name="Not Found", text=text)


def _claims(refund: PullPayment) -> list[PayoutView]:
    return [payout_view(payout) for payout in refund.payouts]


def _payment(payment: Payment, tip: Tip | None) -> dict[str, object]:
    return {
        "txid": payment.txid,
        "output": payment.vout,
        "coins": coins_text(payment.value_sats),
        "status": payment.status or "seen",
        "confirmations": confirmations(payment_facts(payment), tip) if tip else 0,
        "paid_at": payment.paid_at,
    }
