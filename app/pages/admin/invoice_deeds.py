"""What a person does about an invoice. Each deed asks first: its GET shows the question, its POST does it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, abort, request

from app.db.models import Delivery, Invoice
from app.db.queries import reading
from app.db.queries_bitpay import deliveries_of_invoice
from app.db.queries_chain import alerts_of
from app.domain.invoice import Status
from app.domain.permissions import Policy
from app.errors import BadInput, SattleError
from app.pages.admin.delivery_view import delivery_view
from app.pages.admin.frame import drawn
from app.pages.admin.invoice import invoice_or_404
from app.pages.signed_in import for_forms, for_merchants, see_other, the_merchant
from app.services import services
from app.usecases.acknowledge_alert import acknowledge_alert
from app.usecases.archive_invoice import archive_invoice, unarchive_invoice
from app.usecases.mark_invoice import LONGEST_REASON, mark_invoice
from app.usecases.redeliver import redeliver_delivery

PATH = "/admin/invoices/<invoice_id>"

blueprint = for_forms(Blueprint("admin_invoice_deeds", __name__))


@dataclass(frozen=True)
class Question:
    """What is asked before a deed is done."""

    title: str
    text: str
    button: str
    is_bad: bool = False
    wants_reason: bool = False


@dataclass(frozen=True)
class Deed:
    """A question, and what is done when it is answered; it gets the invoice and the reason."""

    question: Question
    do: Callable[[Invoice, str], None]


def _mark(to: Status) -> Callable[[Invoice, str], None]:
    def do(row: Invoice, reason: str) -> None:
        if not reason:
            raise BadInput("reason", reason, "say why, for whoever reads this later")
        mark_invoice(row.id, to, services().clock.now(), by=the_merchant().email, reason=reason)

    return do


DEEDS = {
    "settle": Deed(
        Question(
            "Mark it settled?",
            "The shop is told that the order is paid, whatever the chain says. Do this when the money reached you in "
            "another way, or when you accept what came late or short.",
            "Mark it settled",
            wants_reason=True,
        ),
        _mark(Status.SETTLED),
    ),
    "invalidate": Deed(
        Question(
            "Mark it invalid?",
            "The shop is told that the order is not paid, even if money came or comes to its address. Money that came "
            "is not sent back by this.",
            "Mark it invalid",
            is_bad=True,
            wants_reason=True,
        ),
        _mark(Status.INVALID),
    ),
    "archive": Deed(
        Question(
            "Archive it?",
            "Lists leave it out, and the buyer's page is not shown any more. Its address is watched all the same. You "
            "can take it back.",
            "Archive it",
        ),
        lambda row, _: archive_invoice(row.id),
    ),
    "unarchive": Deed(
        Question(
            "Take it back from the archive?", "Lists show it again, and so does the buyer's page.", "Take it back"
        ),
        lambda row, _: unarchive_invoice(row.id),
    ),
}


@blueprint.get(PATH + "/<any(settle, invalidate, archive, unarchive):deed>")
@for_merchants
def ask(invoice_id: str, deed: str) -> Response:
    """The question."""
    return _asked(invoice_or_404(invoice_id, Policy.MODIFY_INVOICES), DEEDS[deed].question)


@blueprint.post(PATH + "/<any(settle, invalidate, archive, unarchive):deed>")
@for_merchants
def do(invoice_id: str, deed: str) -> Response:
    """The deed."""
    row, reason = invoice_or_404(invoice_id, Policy.MODIFY_INVOICES), request.form.get("reason", "").strip()
    return _done(row, DEEDS[deed].question, lambda: DEEDS[deed].do(row, reason), reason)


@blueprint.get(PATH + "/deliveries/<int:delivery_id>/again")
@for_merchants
def ask_again(invoice_id: str, delivery_id: int) -> Response:
    """Shall it be sent once more?"""
    row = invoice_or_404(invoice_id, Policy.MODIFY_INVOICES)
    return _asked(row, _about_delivery(_delivery(row, delivery_id)))


@blueprint.post(PATH + "/deliveries/<int:delivery_id>/again")
@for_merchants
def send_again(invoice_id: str, delivery_id: int) -> Response:
    """The worker sends it at once."""
    row = invoice_or_404(invoice_id, Policy.MODIFY_INVOICES)
    delivery = _delivery(row, delivery_id)
    question, wanted = _about_delivery(delivery), delivery.id
    return _done(row, question, lambda: _redeliver(wanted))


@blueprint.get(PATH + "/alerts/<int:alert_id>/seen")
@for_merchants
def ask_seen(invoice_id: str, alert_id: int) -> Response:
    """Is the order dealt with?"""
    row = invoice_or_404(invoice_id, Policy.MODIFY_INVOICES)
    return _asked(row, _about_alert(row, alert_id))


@blueprint.post(PATH + "/alerts/<int:alert_id>/seen")
@for_merchants
def seen(invoice_id: str, alert_id: int) -> Response:
    """It stays on record."""
    row = invoice_or_404(invoice_id, Policy.MODIFY_INVOICES)
    return _done(row, _about_alert(row, alert_id), lambda: acknowledge_alert(alert_id, services().clock.now()))


def _redeliver(delivery_id: int) -> None:
    redeliver_delivery(delivery_id, services().clock.now())


def _delivery(row: Invoice, delivery_id: int) -> Delivery:
    found = next((each for each in deliveries_of_invoice(reading(), row.id) if each.id == delivery_id), None)
    if found is None:
        abort(404, "This invoice has no such delivery.")
    return found


def _about_delivery(delivery: Delivery) -> Question:
    view = delivery_view(delivery, services().clock.now())
    text = f"{view.host} is told “{view.what}” once more, out of turn. A shop that has moved on since may go by it."
    return Question("Send it again?", text, "Send it again")


def _about_alert(row: Invoice, alert_id: int) -> Question:
    alert = next((each for each in alerts_of(reading(), row.id) if each.id == alert_id), None)
    if alert is None:
        abort(404, "This invoice has no such alert.")
    text = f"{alert.message} Say yes when you have looked after the order; the alert stays on record here."
    return Question("Is this dealt with?", text, "It is dealt with")


def _done(row: Invoice, question: Question, do: Callable[[], None], reason: str = "") -> Response:
    invoice_id = row.id  # a change forgets what was read
    try:
        do()
    except SattleError as trouble:
        return _asked(invoice_or_404(invoice_id, Policy.MODIFY_INVOICES), question, str(trouble), reason, 422)
    return see_other(f"/admin/invoices/{invoice_id}")


def _asked(row: Invoice, question: Question, trouble: str = "", reason: str = "", status: int = 200) -> Response:
    return drawn(
        "admin/ask.html",
        status,
        question=question,
        back=f"/admin/invoices/{row.id}",
        name=f"Invoice {row.order_id or row.id}",
        trouble=trouble,
        reason=reason,
        longest_reason=LONGEST_REASON,
    )
