"""/invoices/{id} for a person: the shop's order list leads there. The dialect at the same address answers programs."""

from flask import Response, abort, render_template, request

from app.db.facts import payment_facts
from app.db.models import Invoice, Payment
from app.db.queries import reading, stored_tip, whole_invoice
from app.db.queries_access import holder_of_user
from app.db.queries_chain import alerts_of
from app.domain.chain import Tip
from app.domain.money import coins_text
from app.domain.payment import confirmations
from app.domain.permissions import Policy
from app.pages.checkout_view import money
from app.pages.signed_in import merchant, the_merchant
from app.services import services


def page(invoice_id: str) -> Response:
    """The invoice for a merchant who may see it, 404 for another one; who is not signed in is told where to."""
    if merchant() is None:
        response = Response(render_template("sign_in.html", invoice_id=invoice_id, here=request.path))
    else:
        row = _mine(invoice_id)
        tip = stored_tip(reading(), services().settings.network)
        response = Response(
            render_template(
                "merchant/invoice.html",
                invoice=row,
                price=money(row.price, row.currency) if row.price is not None else f"open, in {row.currency}",
                payments=[_payment(payment, tip) for payment in row.payments],
                alerts=alerts_of(reading(), row.id),
            )
        )
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _mine(invoice_id: str) -> Invoice:
    row = whole_invoice(reading(), invoice_id)
    holder = holder_of_user(reading(), the_merchant().user_id)
    if row is None or holder is None or not holder.may(Policy.VIEW_INVOICES, row.store_id):
        abort(404, "There is no such invoice among those of your stores.")
    return row


def _payment(payment: Payment, tip: Tip | None) -> dict[str, object]:
    return {
        "txid": payment.txid,
        "output": payment.vout,
        "coins": coins_text(payment.value_sats),
        "status": payment.status or "seen",
        "confirmations": confirmations(payment_facts(payment), tip) if tip else 0,
        "paid_at": payment.paid_at,
    }
