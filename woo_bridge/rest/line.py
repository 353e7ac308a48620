"""One request to a shop: a checked target, one try, no redirect followed, limited in time and size."""

import logging
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, NewConnectionError

from app.clock import Clock
from app.deadline import Deadline
from app.domain.version import USER_AGENT
from app.errors import SattleError
from woo_bridge.errors import ShopTrouble, TroubleKind

logging.getLogger("urllib3").setLevel(logging.INFO)  # below it tells addresses, which hold order ids

CONNECT_SECONDS = 5
TOTAL_SECONDS = 30.0
ANSWER_BYTES = 8 * 1024 * 1024
LONGEST_REASON = 200

Opener = Callable[[str, Deadline], HTTPAdapter]
"""What connects to an address that was checked by the operator's policy; a SattleError says why it may not."""


@dataclass(frozen=True)
class Reply:
    """What came back; `headers` by lower-case names, `body` whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Line:
    """Requests to shops under one policy; safe to share between threads."""

    def __init__(self, opener: Opener, total_seconds: float = TOTAL_SECONDS) -> None:
        self._opener = opener
        self._total_seconds = total_seconds

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """One try. Raises ShopTrouble when there is no answer; every answer is a Reply."""
        started = Clock.monotonic()
        sent = {"User-Agent": USER_AGENT, "Accept": "application/json", "Connection": "close", **headers}
        request = requests.Request(method, url, headers=sent, data=body)
        with Deadline(self._total_seconds) as deadline:
            try:
                reply = self._exchange(request, deadline, started)
            except SattleError as refused:
                raise refused if isinstance(refused, ShopTrouble) else _refused(refused) from None
            except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
                if not deadline.passed:
                    raise _no_answer(problem, connected=deadline.connected) from None
            if deadline.passed:  # what was cut may look like a whole answer
                raise _too_slow(self._total_seconds)
        return reply

    def _exchange(self, request: requests.Request, deadline: Deadline, started: float) -> Reply:
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc: nothing that reroutes us or adds a password
            session.adapters.clear()
            asked = request.prepare()  # which writes international names in ASCII
            asked.headers["Host"] = urlsplit(str(asked.url)).netloc.rpartition("@")[2]
            adapter = self._opener(str(asked.url), deadline)
            for scheme in ("http://", "https://"):
                session.mount(scheme, adapter)
            timeout = (CONNECT_SECONDS, self._total_seconds)
            with session.send(asked, timeout=timeout, allow_redirects=False, stream=True) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status_code, names, _whole(response), Clock.monotonic() - started)


def _whole(response: requests.Response) -> bytes:
    body: bytes = response.raw.read(ANSWER_BYTES + 1, decode_content=True) or b""
    if len(body) > ANSWER_BYTES:
        says = f"the shop's answer is longer than {ANSWER_BYTES // 1024**2} MB"
        raise ShopTrouble(
            TroubleKind.BAD_JSON, says, "ask who runs the shop what it sends", http_status=response.status_code
        )
    return body


def _refused(why: SattleError) -> ShopTrouble:
    remedy = "use the shop's public address, or let the operator set SATTLE_ALLOW_PRIVATE_TARGETS=1"
    if "does not resolve" in str(why):
        return ShopTrouble(TroubleKind.UNREACHABLE, str(why), "check the spelling, and the DNS of the shop")
    return ShopTrouble(TroubleKind.TARGET_REFUSED, str(why), remedy)


def _too_slow(seconds: float) -> ShopTrouble:
    says = f"the shop gave no whole answer within {seconds:g} s"
    return ShopTrouble(TroubleKind.TIMEOUT, says, "it is tried again by itself; if it stays so, ask the shop's host")


def _no_answer(problem: Exception, *, connected: bool) -> ShopTrouble:
    """Told apart: nothing was sent, since no connection came to stand, or the outcome is unknown."""
    cause = _cause(problem)
    reason = _plain(cause)
    if not connected and isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
        remedy = "give the address as a browser shows it, if need be with http:// in front"
        return ShopTrouble(TroubleKind.UNREACHABLE, "what answers at this address does not speak https", remedy)
    if not connected and (isinstance(cause, ssl.SSLError) or "certificate" in reason.lower()):
        remedy = "let the shop have a certificate that browsers accept, for exactly this name"
        return ShopTrouble(TroubleKind.UNREACHABLE, f"no safe connection: {reason}", remedy)
    if isinstance(cause, NameResolutionError | NewConnectionError) or isinstance(problem, requests.ConnectTimeout):
        says = f"the shop cannot be reached: {reason}"
        return ShopTrouble(TroubleKind.UNREACHABLE, says, "see that the shop runs and that no firewall is between")
    if isinstance(problem, requests.ReadTimeout):
        return _too_slow(TOTAL_SECONDS)
    if isinstance(problem, ValueError) and not isinstance(problem, OSError):
        return ShopTrouble(TroubleKind.UNREACHABLE, "this is no address that can be used", "check its spelling")
    says = f"the connection ended before the answer: {reason}"
    return ShopTrouble(TroubleKind.CUT_OFF, says, "it is tried again by itself; if it stays so, ask the shop's host")


def _cause(problem: BaseException) -> BaseException:
    """What is inside of the wrappings of requests and urllib3."""
    inner = problem.args[0] if isinstance(problem, requests.RequestException) and problem.args else problem
    if isinstance(inner, MaxRetryError) and inner.reason is not None:
        inner = inner.reason
    if isinstance(inner, HTTPError) and inner.args and isinstance(inner.args[0], ssl.SSLError):
        inner = inner.args[0]
    return inner if isinstance(inner, BaseException) else problem


def _plain(cause: BaseException) -> str:
    """A reason without objects' names and addresses, which nobody can read."""
    text = re.sub(r"<[^>]*>:?\s*|\([^()]*object at[^()]*\):?\s*", "", str(cause))
    text = re.sub(r"HTTPS?Connection(Pool)?\([^)]*\):?\s*", "", text).strip() or type(cause).__name__
    return text[:LONGEST_REASON]
