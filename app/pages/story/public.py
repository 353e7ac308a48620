"""/i/{id}/story: what happens with a buyer's payment, with nothing in it that is the shop's own business."""

from flask import Blueprint, Response, abort, render_template, request

from app.currencies import digits
from app.db.models import Invoice
from app.db.queries import reading, whole_invoice
from app.db.story import facts_of
from app.domain.story import tell
from app.domain.story.public import for_buyers
from app.domain.story.words_buyer import BUYER_WORDS
from app.pages.languages import in_source
from app.pages.story.answers import told
from app.pages.story.view import StoryView, story_view
from app.services import services

blueprint = Blueprint("public_story", __name__)


@blueprint.get("/i/<invoice_id>/story")
def page(invoice_id: str) -> Response:
    """The picture and the timeline."""
    row = _looked_up(invoice_id)
    shown: dict[str, object] = {"store": row.store.name, "invoice_id": row.id, "network": services().settings.network}
    shown["spoken"] = in_source()
    return Response(render_template("story/public.html", story=_view(row), **shown))


@blueprint.get("/i/<invoice_id>/story.json")
def news(invoice_id: str) -> Response:
    """The same for the page's script."""
    return told(_view(_looked_up(invoice_id)))


def _looked_up(invoice_id: str) -> Invoice:
    services().slow_down(services().status_throttle, request.environ)
    row = whole_invoice(reading(), invoice_id)
    if row is None or row.archived:
        abort(404)
    return row


def _view(row: Invoice) -> StoryView:
    running = services()
    facts = facts_of(reading(), row, running.settings.network, digits(row.currency) or 0, running.clock.now())
    return story_view(for_buyers(tell(facts)), BUYER_WORDS)
