"""Invoices: made, read, listed, marked (greenfield 2)."""

from typing import Any

from app.api.greenfield.answers import Invalid, Problem
from app.api.greenfield.invoice_answers import invoice_answer, payment_method_answers
from app.api.greenfield.invoice_schemas import (
    MOST_TAKEN,
    InvoiceAnswer,
    InvoiceRequest,
    InvoicesQuery,
    MarkRequest,
    MetadataRequest,
    OneInvoiceQuery,
    PaymentMethodAnswer,
    PaymentMethodsQuery,
    new_invoice,
    statuses_of,
)
from app.api.greenfield.process import process
from app.api.greenfield.routing import Api, Call, Resource
from app.db.models import Invoice
from app.db.queries import reading, whole_invoice
from app.db.queries_invoices import InvoiceQuery, descriptors_of, invoices_wanted, store_of_invoice
from app.domain.invoice import Status
from app.domain.payment_methods import payment_method_id
from app.domain.permissions import Policy
from app.errors import BadInput, NotAllowed, NotFound
from app.usecases.activate_payment_method import activate_payment_method
from app.usecases.archive_invoice import archive_invoice as archive
from app.usecases.archive_invoice import unarchive_invoice as unarchive
from app.usecases.create_invoice import create_and_tell
from app.usecases.mark_invoice import mark_invoice as mark
from app.usecases.set_metadata import set_metadata

ONE, ONE_SHORT = "/stores/<store_id>/invoices/<invoice_id>", "/invoices/<invoice_id>"
MISSING = (404, "invoice-not-found")

part = Api("invoices", {"invoice_id": Resource(store_of_invoice, MISSING[1])})


@part.operation(
    "GET",
    "/stores/<store_id>/invoices",
    permission=Policy.VIEW_INVOICES,
    query=InvoicesQuery,
    gives=InvoiceAnswer,
    many=True,
    summary="The store's invoices, newest first",
)
def list_invoices(call: Call) -> list[dict[str, Any]]:
    """A page of at most 1000."""
    query = call.query
    rows = invoices_wanted(
        reading(),
        InvoiceQuery(
            store_id=call.store_id,
            network=process().settings.network,
            order_ids=tuple(query["order_ids"]),
            statuses=statuses_of(query["statuses"]),
            text=query["text"],
            created_from=query["start"],
            created_until=query["end"],
            include_archived=query["include_archived"],
            skip=query["skip"],
            take=min(query["take"], MOST_TAKEN),
        ),
    )
    return [_told(row, with_methods=query["include_payment_methods"]) for row in rows]


@part.operation(
    "POST",
    "/stores/<store_id>/invoices",
    permission=Policy.CREATE_INVOICE,
    takes=InvoiceRequest,
    gives=InvoiceAnswer,
    errors=((400, "generic-error"),),
    summary="Make an invoice",
)
def create_invoice(call: Call) -> dict[str, Any]:
    """At the rate of now, with an address that nobody was given before."""
    wanted = new_invoice(call.body, call.store_id, call.now)
    try:
        return create_and_tell(wanted, process().surroundings(), call.now, _told)
    except BadInput as problem:
        raise Problem(400, "generic-error", f"No payment method or rate fits this invoice: {problem}") from None


@part.operation(
    "GET",
    ONE,
    also=ONE_SHORT,
    permission=Policy.VIEW_INVOICES,
    query=OneInvoiceQuery,
    gives=InvoiceAnswer,
    errors=(MISSING,),
    summary="One invoice",
)
def get_invoice(call: Call, invoice_id: str) -> dict[str, Any]:
    """Archived or not."""
    return _told(_invoice(invoice_id), with_methods=call.query["include_payment_methods"])


@part.operation(
    "PUT",
    ONE,
    also=ONE_SHORT,
    permission=Policy.MODIFY_INVOICES,
    takes=MetadataRequest,
    gives=InvoiceAnswer,
    errors=(MISSING,),
    summary="Replace the metadata of an invoice",
)
def update_invoice(call: Call, invoice_id: str) -> dict[str, Any]:
    """Without metadata nothing changes."""
    if call.body["metadata"] is not None:
        set_metadata(invoice_id, call.body["metadata"], call.now)
    return _told(_invoice(invoice_id))


@part.operation(
    "DELETE", ONE, also=ONE_SHORT, permission=Policy.MODIFY_INVOICES, errors=(MISSING,), summary="Archive an invoice"
)
def archive_invoice(call: Call, invoice_id: str) -> None:
    """Lists leave it out from then on."""
    archive(invoice_id)


@part.operation(
    "POST",
    ONE + "/unarchive",
    also=ONE_SHORT + "/unarchive",
    permission=Policy.MODIFY_INVOICES,
    gives=InvoiceAnswer,
    errors=(MISSING, (400, "already-unarchived")),
    summary="List an archived invoice again",
)
def unarchive_invoice(call: Call, invoice_id: str) -> dict[str, Any]:
    """Only what was archived."""
    try:
        unarchive(invoice_id)
    except NotAllowed as refused:
        raise Problem(400, "already-unarchived", str(refused)) from None
    return _told(_invoice(invoice_id))


@part.operation(
    "POST",
    ONE + "/status",
    also=ONE_SHORT + "/status",
    permission=Policy.MODIFY_INVOICES,
    takes=MarkRequest,
    gives=InvoiceAnswer,
    errors=(MISSING,),
    summary="Mark an invoice as Settled or Invalid",
)
def mark_invoice(call: Call, invoice_id: str) -> dict[str, Any]:
    """What may be marked from where: invoice-states section 7. Webhooks are told of Invalid 10 seconds later."""
    try:
        mark(invoice_id, Status(call.body["status"]), call.now, by_api=True)
    except NotAllowed as refused:
        raise Invalid(("Status", str(refused))) from None
    return _told(_invoice(invoice_id))


@part.operation(
    "GET",
    ONE + "/payment-methods",
    also=ONE_SHORT + "/payment-methods",
    permission=Policy.VIEW_INVOICES,
    query=PaymentMethodsQuery,
    gives=PaymentMethodAnswer,
    many=True,
    errors=(MISSING,),
    summary="What an invoice asks for and has got, by payment method",
)
def list_payment_methods(call: Call, invoice_id: str) -> list[dict[str, Any]]:
    """The derivation scheme is for those who may change the store."""
    sensitive = None
    if call.query["include_sensitive"]:
        call.require(Policy.MODIFY_STORE)
        sensitive = descriptors_of(reading(), invoice_id)
    only_accounted = call.query["only_accounted"]
    return payment_method_answers(_invoice(invoice_id), only_accounted=only_accounted, sensitive=sensitive)


@part.operation(
    "POST",
    ONE + "/payment-methods/<payment_method>/activate",
    also=ONE_SHORT + "/payment-methods/<payment_method>/activate",
    permission=Policy.VIEW_INVOICES,
    errors=(MISSING, (422, "")),
    summary="Give a lazy payment method its address and rate",
)
def activate(call: Call, invoice_id: str, payment_method: str) -> None:
    """The answer is the same when there is nothing to be done."""
    try:
        method = payment_method_id(payment_method)
    except ValueError as wrong:
        raise Invalid(("paymentMethodId", str(wrong))) from None
    activate_payment_method(invoice_id, method, process().surroundings(), call.now)


def _invoice(invoice_id: str) -> Invoice:
    row = whole_invoice(reading(), invoice_id)
    if row is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    return row


def _told(row: Invoice, *, with_methods: bool = False) -> dict[str, Any]:
    return invoice_answer(row, process().settings.public_url, with_methods=with_methods)
