"""/admin/invoices: the invoices of the person's stores, found, filtered and taken away as a file."""

from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, Flask, Response, request

from app.db.queries import reading
from app.db.queries_invoice_list import ListQuery, Order, listed, page_of
from app.db.queries_money import lines_of
from app.domain.csv_cells import csv_line
from app.domain.invoice import AdditionalStatus, Status
from app.domain.permissions import Policy
from app.errors import BadInput
from app.pages.admin.books import HEADER, line_cells
from app.pages.admin.frame import drawn, stores_for
from app.pages.admin.invoice_filters import FIELDS, Filters, place_text
from app.pages.admin.invoice_view import listed_invoice
from app.pages.admin.words import ADDITIONAL
from app.pages.signed_in import for_forms, for_merchants
from app.services import running_app, services

PATH = "/admin/invoices"
SHOWN = 50
AT_ONCE = 500  # invoices of one read of the export
ORDERS = (
    (Order.NEWEST.value, "newest first"),
    (Order.OLDEST.value, "oldest first"),
    (Order.LARGEST.value, "largest amount first"),
)

blueprint = for_forms(Blueprint("admin_invoices", __name__))


@blueprint.get(PATH)
@for_merchants
def page() -> Response:
    """A page of the list. A filter that cannot be used is told beside the form, with nothing listed below."""
    filters, stores = _filters(), stores_for(Policy.VIEW_INVOICES)
    try:
        wanted = filters.query(stores, services().settings.network, SHOWN)
    except BadInput as wrong:
        return _drawn(filters, trouble=str(wrong), status=422)
    found = page_of(reading(), wanted)
    rows = [listed_invoice(row) for row in listed(reading(), found.ids)]
    return _drawn(
        filters,
        rows=rows,
        before=filters.address(PATH, before=place_text(found.before)) if found.before else None,
        after=filters.address(PATH, after=place_text(found.after)) if found.after else None,
        is_first=wanted.after is None and found.before is None,
    )


@blueprint.get(PATH + "/export.csv")
@for_merchants
def export() -> Response:
    """The payments of the invoices that the filters leave, one a line, streamed a batch at a time."""
    filters, stores = _filters(), stores_for(Policy.VIEW_INVOICES)
    try:
        wanted = filters.query(stores, services().settings.network, AT_ONCE)
    except BadInput as wrong:
        return _drawn(filters, trouble=str(wrong), status=422)
    response = Response(_lines(running_app(), replace(wanted, after=None, before=None)), mimetype="text/csv")
    day = f"{services().clock.now():%Y-%m-%d}"
    response.headers["Content-Disposition"] = f'attachment; filename="payments-{day}.csv"'
    return response


def _lines(app: Flask, wanted: ListQuery) -> Iterator[str]:
    """Batch after batch, each in a read of its own: no snapshot is kept open while a slow line takes its time.

    Nor is a context: who is signed in belongs to this request, and must not be found by the thread's next one.
    """
    yield csv_line(HEADER)
    while True:
        with app.app_context():
            found = page_of(reading(), wanted)
            lines = lines_of(reading(), found.ids)
        yield "".join(csv_line(line_cells(line)) for each in found.ids for line in lines.get(each, ()))
        if found.after is None:
            return
        wanted = replace(wanted, after=found.after)


def _filters() -> Filters:
    return Filters({name: request.args.get(name, "").strip() for name in (*FIELDS, "after", "before")})


def _drawn(filters: Filters, status: int = 200, **shown: object) -> Response:
    mine = stores_for(Policy.VIEW_INVOICES)
    return drawn(
        "admin/invoices.html",
        status,
        filters=filters,
        given=filters.given,
        stores=mine,
        many_stores=len(mine) > 1,
        may_create=bool(stores_for(Policy.CREATE_INVOICE)),
        statuses=[each.value for each in Status],
        additional=[(each.value, ADDITIONAL[each]) for each in AdditionalStatus if each in ADDITIONAL],
        orders=ORDERS,
        export=filters.address(PATH + "/export.csv"),
        **shown,
    )
