"""/i/{id}/story: what happens with a buyer's payment, with nothing in it that is the shop's own business."""

from flask import Blueprint, Response, abort, render_template, request

from app.currencies import digits
from app.db.models import Invoice
from app.db.queries import reading
from app.db.story import facts_of
from app.domain.story import tell
from app.domain.story.public import for_buyers
from app.domain.story.words_buyer import BUYER_ACTORS, BUYER_WORDS
from app.pages.checkout_find import found
from app.pages.checkout_view import TERMINAL
from app.pages.languages import gettext, spoken
from app.pages.story.answers import told
from app.pages.story.view import StoryView, story_view
from app.pages.story.voice import Voice
from app.services import services

blueprint = Blueprint("public_story", __name__)


@blueprint.get("/i/<invoice_id>/story")
def page(invoice_id: str) -> Response:
    """The picture and the timeline."""
    row = _looked_up(invoice_id)
    voice = _voice()
    shown = {
        "invoice": row,
        "network": services().settings.network,
        "story": _view(row, voice),
        "actors": voice.names(),
        "has_events": bool(row.prompts) and row.status not in TERMINAL,
    }
    return Response(render_template("story/public.html", **shown))


@blueprint.get("/i/<invoice_id>/story.json")
def news(invoice_id: str) -> Response:
    """The same for the page's script."""
    return told(_view(_looked_up(invoice_id), _voice()))


def _looked_up(invoice_id: str) -> Invoice:
    services().slow_down(services().status_throttle, request.environ)
    row, _ = found(invoice_id, None)
    if row is None or row.archived:
        abort(404)
    return row


def _voice() -> Voice:
    return Voice(gettext, BUYER_ACTORS, is_rtl=spoken().direction == "rtl")


def _view(row: Invoice, voice: Voice) -> StoryView:
    running = services()
    facts = facts_of(reading(), row, running.settings.network, digits(row.currency) or 0, running.clock.now())
    return story_view(for_buyers(tell(facts)), BUYER_WORDS, voice)
