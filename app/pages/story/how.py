"""/how-it-works: recorded payments, played for everybody. They were made with a real node; see docs/regtest.md."""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request

from app.domain.story import tell
from app.domain.story.recording import from_json
from app.domain.story.words import WORDS
from app.pages.story.view import StoryView, story_view

RECORDINGS = Path(__file__).parent / "recorded.json"
CACHED_SECONDS = 3600
NAMES = {
    "paid": ("Paid", "The usual way: pay, wait for a block, ship."),
    "partial": ("Paid in two parts", "An exchange took its fee from the amount, and the rest followed."),
    "replaced": ("Fee raised", "No block would take the payment, so the buyer offered the miners more."),
    "double-spent": ("Taken back", "The buyer's coins went elsewhere before a block had the payment."),
    "late": ("Too late", "The payment came after the deadline."),
    "reorg": ("Block replaced", "The network changed its mind about a block."),
    "shop-down": ("Shop unreachable", "The shop did not answer, so it was told again."),
}
"""The recordings by what they are called in the address: their names, and what happens in each."""

blueprint = Blueprint("how_it_works", __name__)


@blueprint.get("/how-it-works")
@blueprint.get("/how-it-works/<name>")
def page(name: str = "paid") -> Response:
    """One recording, with links to the others."""
    if name not in NAMES:
        abort(404)
    text = render_template("story/how.html", story=_view(name), name=name, recordings=NAMES)
    response = Response(text)
    response.cache_control.public = True
    response.cache_control.max_age = CACHED_SECONDS
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response


@cache
def _view(name: str) -> StoryView:
    recorded = json.loads(RECORDINGS.read_text(encoding="utf-8"))
    return story_view(tell(from_json(recorded[name])), WORDS)
