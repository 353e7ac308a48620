"""The story as JSON, with an ETag: who asks again and again is told in a line that nothing has happened."""

import json

from flask import Response, request

from app.pages.languages import spoken
from app.pages.story.view import StoryView


def told(view: StoryView) -> Response:
    """The view for scripts; 304 while its tag is the one that they hold."""
    response = Response(json.dumps(view.as_json()), mimetype="application/json")
    response.set_etag(f"{view.tag}-{spoken().code}")
    response.make_conditional(request)
    return response
