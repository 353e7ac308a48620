"""How rate sources are asked."""

import requests
from urllib3.exceptions import HTTPError

from app.errors import Unavailable

TIMEOUT_SECONDS = (5, 15)
ANSWER_BYTES = 2 * 1024 * 1024


class SourceFailed(Unavailable):
    """The source gave no usable answer."""


def get(url: str) -> bytes:
    """The body of a 200 answer. Raises SourceFailed; redirects are not followed."""
    try:
        with requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True) as response:
            if response.status_code != 200:
                raise SourceFailed(f"the rate source answers {response.status_code}")
            return response.raw.read(ANSWER_BYTES, decode_content=True) or b""
    except (requests.RequestException, HTTPError) as error:
        raise SourceFailed(f"the rate source gives no answer: {type(error).__name__}") from None
