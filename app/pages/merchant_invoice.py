"""/invoices/{id} for a person: the shop's order list leads there. The dialect at the same address answers programs."""

from urllib.parse import quote

from flask import Response, render_template, request

from app.pages.signed_in import merchant, see_other


def page(invoice_id: str) -> Response:
    """On to the invoice's page; who is not signed in is told where to, be there such an invoice or not."""
    if merchant() is not None:
        return see_other(f"/admin/invoices/{quote(invoice_id, safe='')}")  # whatever stood in the address
    response = Response(render_template("sign_in.html", invoice_id=invoice_id, here=request.path))
    response.headers["Referrer-Policy"] = "same-origin"
    return response
