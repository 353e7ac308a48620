"""POST a body to an address that a client named: one try, no redirects, limited in time and size."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from urllib3.exceptions import HTTPError, LocationValueError, MaxRetryError

from app.clock import Clock
from app.deadline import Deadline
from app.domain.version import USER_AGENT
from app.domain.web_address import why_no_web_address
from app.errors import SattleError
from app.notify.pinned import PinnedAdapter
from app.notify.targets import Target, TargetUnknown, resolve

logging.getLogger("urllib3").setLevel(logging.INFO)  # below it tells paths, and those may hold a shop's secret

FIXED = {
    "Content-Type": "application/json",
    "User-Agent": USER_AGENT,
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
CONNECT_SECONDS = 5
TOTAL_SECONDS = 30
LOOK_UP_SECONDS = 2  # who makes a webhook waits for it
READ_BYTES = 4096  # of an answer; what follows is not read
EXCERPT_CHARACTERS = 500


@dataclass(frozen=True)
class Answer:
    """What came of one try. `status` is None without an answer, and then `error` says why.

    `excerpt` holds at most 500 characters and is None for private addresses: what an internal service says is nobody's
    business. It was written by a stranger: escape it wherever it is shown.
    """

    status: int | None
    error: str | None
    excerpt: str | None
    duration_ms: int
    server: str = ""  # the Server header: some firewalls say there who they are


class Door:
    """Outgoing requests of one process under one policy; safe to share between threads."""

    def __init__(self, *, allow_private: bool, total_seconds: float = TOTAL_SECONDS) -> None:
        self._allow_private = allow_private
        self._total_seconds = total_seconds

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """One POST of `body`. Never raises for what the other side does or is: that is an Answer with an error."""
        started = Clock.monotonic()
        status, excerpt, error, server = None, None, None, ""
        with Deadline(self._total_seconds) as deadline:
            try:
                request = requests.Request("POST", url, data=body, headers={**(headers or {}), **FIXED}).prepare()
                target = resolve(str(request.url), allow_private=self._allow_private)
                status, excerpt, server = self._send(request, target, deadline)
            except (SattleError, requests.RequestException, HTTPError, OSError, ValueError) as problem:
                error = f"no answer within {self._total_seconds:g} s" if deadline.passed else _why(problem)
        return Answer(status, error, excerpt, round((Clock.monotonic() - started) * 1000), server)

    def adapter(self, url: str, deadline: Deadline) -> PinnedAdapter:
        """What connects to `url` under this policy, for requests of another form. Raises TargetRefused."""
        return PinnedAdapter(resolve(url, allow_private=self._allow_private), deadline)

    def refusal(self, url: str) -> str | None:
        """Why nothing would ever be posted to `url`; None when it may be, as far as its name says within 2 seconds."""
        if " " in url:
            return "it holds characters that no address has"
        if why := why_no_web_address(url):
            return why
        found: list[str] = []

        def look() -> None:
            try:
                request = requests.Request("POST", url).prepare()
                resolve(str(request.url), allow_private=self._allow_private)
            except TargetUnknown:
                return  # it may resolve when there is something to post
            except (SattleError, requests.RequestException, HTTPError, ValueError) as problem:
                found.append(_why(problem))

        looking = threading.Thread(target=look, name="look-up", daemon=True)
        looking.start()
        looking.join(LOOK_UP_SECONDS)
        return found[0] if found else None

    def _send(
        self, request: requests.PreparedRequest, target: Target, deadline: Deadline
    ) -> tuple[int, str | None, str]:
        """What is sent is the very address that was checked: it was parsed once."""
        request.headers["Host"] = target.netloc
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc: nothing that reroutes us
            session.adapters.clear()
            session.mount(f"{target.scheme}://", PinnedAdapter(target, deadline))
            timeout = (CONNECT_SECONDS, self._total_seconds)
            with session.send(request, timeout=timeout, allow_redirects=False, stream=True) as response:
                if not target.is_public:
                    return response.status_code, None, ""
                return response.status_code, _excerpt(response), response.headers.get("Server", "")[:EXCERPT_CHARACTERS]


def _excerpt(response: requests.Response) -> str:
    try:
        start: bytes = response.raw.read(READ_BYTES, decode_content=False)
    except (HTTPError, OSError, ValueError):
        return ""  # the status came; that the rest did not is no failure
    return start.decode("utf-8", "replace").replace("\x00", "\ufffd")[:EXCERPT_CHARACTERS]


def _why(problem: Exception) -> str:
    """A sentence without the address's path, query or user: it is logged, and those may hold a shop's secret."""
    cause = problem.args[0] if isinstance(problem, requests.RequestException) and problem.args else problem
    if isinstance(cause, MaxRetryError):  # which names the path
        cause = cause.reason
    if isinstance(cause, SattleError):
        return str(cause)[:EXCERPT_CHARACTERS]
    if isinstance(cause, HTTPError | OSError) and not isinstance(cause, requests.RequestException | LocationValueError):
        return f"{type(cause).__name__}: {cause}"[:EXCERPT_CHARACTERS]
    return f"{type(problem).__name__}: the address cannot be used"
