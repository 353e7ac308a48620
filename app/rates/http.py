"""How rate sources are asked."""

import requests
from urllib3.exceptions import HTTPError

from app.deadline import Deadline, DeadlineAdapter
from app.errors import Unavailable

TIMEOUT_SECONDS = (5, 15)  # to connect, and between two reads
TOTAL_SECONDS = 30.0
ANSWER_BYTES = 2 * 1024 * 1024


class SourceFailed(Unavailable):
    """The source gave no usable answer."""


def get(url: str, total_seconds: float = TOTAL_SECONDS) -> bytes:
    """The body of a 200 answer. Raises SourceFailed; redirects are not followed, and no proxy is asked."""
    with Deadline(total_seconds) as deadline:
        try:
            body = _body(url, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            if not deadline.passed:
                raise SourceFailed(f"the rate source gives no answer: {type(error).__name__}") from None
        if deadline.passed:  # what was cut may look like a whole answer
            raise SourceFailed(f"the rate source gives no answer within {total_seconds:g} s")
    return body


def _body(url: str, deadline: Deadline) -> bytes:
    with requests.Session() as session:
        session.trust_env = False  # no proxy, no .netrc: what the environment says for other programs is not for us
        for scheme in ("http://", "https://"):
            session.mount(scheme, DeadlineAdapter(deadline))
        with session.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True) as response:
            if response.status_code != 200:
                raise SourceFailed(f"the rate source answers {response.status_code}")
            return response.raw.read(ANSWER_BYTES, decode_content=True) or b""
