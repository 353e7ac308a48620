"""/admin/invoices/{id}/story: all that happened to an invoice, for those who may see it."""

from flask import Blueprint, Response, abort

from app.currencies import digits
from app.db.models import Invoice
from app.db.queries import reading, whole_invoice
from app.db.story import facts_of
from app.domain.permissions import Policy
from app.domain.story import tell
from app.domain.story.words import WORDS
from app.pages.admin.frame import drawn, store_or_404
from app.pages.signed_in import for_forms, for_merchants
from app.pages.story.answers import told
from app.pages.story.view import StoryView, story_view
from app.services import services

blueprint = for_forms(Blueprint("admin_story", __name__))


@blueprint.get("/admin/invoices/<invoice_id>/story")
@for_merchants
def page(invoice_id: str) -> Response:
    """The picture and the timeline."""
    row = _mine(invoice_id)
    return drawn("story/merchant.html", invoice=row, story=_view(row))


@blueprint.get("/admin/invoices/<invoice_id>/story.json")
@for_merchants
def news(invoice_id: str) -> Response:
    """The same for the page's script."""
    return told(_view(_mine(invoice_id)))


def _mine(invoice_id: str) -> Invoice:
    row = whole_invoice(reading(), invoice_id)
    if row is None:
        abort(404, "There is no such invoice among those of your stores.")
    store_or_404(row.store_id, Policy.VIEW_INVOICES)
    return row


def _view(row: Invoice) -> StoryView:
    running = services()
    facts = facts_of(reading(), row, running.settings.network, digits(row.currency) or 0, running.clock.now())
    return story_view(tell(facts), WORDS)
