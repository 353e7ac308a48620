"""Before the node's RPC: passes each HTTP request on, unless a fault says otherwise."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from regtest.ports import free_port
from regtest.proxy.faults import ALL, Fault, Faults
from regtest.proxy.http_server import Answer, HungUp, Request, Server

MISC_ERROR = -1  # RPC_MISC_ERROR
PATIENCE_SECONDS = 120

Ask = Callable[[], Answer]
Act = Callable[[Request, Ask], Answer]


class RpcProxy:
    """Listens at `url`. Each verb takes a method (or "*") and may be told which calls it means: `nth` counts from now,
    `times` means the first so many; otherwise the fault lasts until `mend`."""

    def __init__(self, node_url: str) -> None:
        node = urlsplit(node_url)
        self._node = (node.hostname or "127.0.0.1", node.port or 80)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.calls: Counter[str] = Counter()
        self._faults: Faults[Act] = Faults()
        self._mended = threading.Event()
        self._server: Server | None = None

    def start(self) -> None:
        """Listen."""
        self._mended = threading.Event()
        self._server = Server(self._port, self._line)
        self._server.start()

    def stop(self) -> None:
        """Listen no more, and hang up on everybody."""
        self._mended.set()
        if self._server is not None:
            self._server.stop()
            self._server = None

    # Verbs

    def cut(self) -> None:
        """Refuse connections, and break those there are."""
        self.stop()

    def mend(self) -> None:
        """Listen again, and forget every fault."""
        self._faults.clear()
        self._mended.set()
        self._mended = threading.Event()
        if self._server is None:
            self.start()

    def refuse(
        self,
        method: str = ALL,
        code: int = MISC_ERROR,
        message: str = "refused by the proxy",
        *,
        nth: int | None = None,
        times: int | None = None,
    ) -> None:
        """Answer with an error of the node's own kind; it is not asked, except for the rest of a batch."""
        error = {"code": code, "message": message}
        self._strike(method, partial(_refuse, method, error), nth, times)

    def answer(
        self,
        method: str = ALL,
        *,
        status: int,
        body: bytes = b"",
        content_type: str = "text/html",
        nth: int | None = None,
        times: int | None = None,
    ) -> None:
        """Answer something else, such as 401 or 503, without asking the node."""
        own = Answer(status, content_type, body)
        self._strike(method, lambda _request, _ask: own, nth, times)

    def garble(self, method: str = ALL, *, nth: int | None = None, times: int | None = None) -> None:
        """Answer half of what the node said."""
        self._strike(method, _garble, nth, times)

    def drop(self, method: str = ALL, *, asked: bool = False, nth: int | None = None, times: int | None = None) -> None:
        """Hang up instead of answering. With `asked` the node did what it was told, and only its answer is lost."""
        self._strike(method, partial(_drop, asked), nth, times)

    def hang(self, method: str = ALL, *, nth: int | None = None, times: int | None = None) -> None:
        """Say nothing at all until `mend` or `cut`, then hang up."""
        self._strike(method, self._hang, nth, times)

    def delay(self, method: str = ALL, *, seconds: float, nth: int | None = None, times: int | None = None) -> None:
        """Let the call wait."""
        self._strike(method, partial(self._delay, seconds), nth, times)

    def repeat(self, method: str = ALL, *, nth: int | None = None, times: int | None = None) -> None:
        """Ask the node twice and give its second answer, as if the first had been lost on the way."""
        self._strike(method, lambda _request, ask: (ask(), ask())[1], nth, times)

    def alter(
        self, method: str, change: Callable[[Any], Any], *, nth: int | None = None, times: int | None = None
    ) -> None:
        """Give `change(result)` instead of what the node said. Errors pass as they are."""
        self._strike(method, partial(_alter, method, change), nth, times)

    def before(
        self, method: str, happen: Callable[[], object], *, nth: int | None = None, times: int | None = None
    ) -> None:
        """Something happens after the call was made and before the node gets it: the world moves between questions."""

        def act(_request: Request, ask: Ask) -> Answer:
            happen()
            return ask()

        self._strike(method, act, nth, times)

    # How

    def _strike(self, method: str, act: Act, nth: int | None, times: int | None) -> None:
        self._faults.add(Fault(method, act, nth, times))

    def _line(self) -> Callable[[Request], Answer]:
        """What answers the requests of one connection: it has a connection of its own to the node."""
        return partial(self._handle, _Upstream(self._node))

    def _handle(self, upstream: "_Upstream", request: Request) -> Answer:
        self.calls.update(request.methods)
        ask: Ask = partial(upstream.ask, request)
        for act in self._faults.striking(*request.methods):
            ask = partial(act, request, ask)
        return ask()

    def _hang(self, _request: Request, _ask: Ask) -> Answer:
        self._mended.wait(PATIENCE_SECONDS)
        raise HungUp

    def _delay(self, seconds: float, _request: Request, ask: Ask) -> Answer:
        self._mended.wait(seconds)
        return ask()


class _Upstream:
    """A kept-alive connection to the node; made anew when the node was restarted."""

    def __init__(self, node: tuple[str, int]) -> None:
        self._connection = http.client.HTTPConnection(*node, timeout=PATIENCE_SECONDS)

    def ask(self, request: Request) -> Answer:
        """The node's answer. HungUp when nobody answers."""
        kept = self._connection.sock is not None
        try:
            return self._ask(request)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            if not kept:
                raise HungUp from None
        try:
            return self._ask(request)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise HungUp from None

    def __del__(self) -> None:
        self._connection.close()

    def _ask(self, request: Request) -> Answer:
        headers = {"Content-Type": "application/json", **request.credentials}
        self._connection.request("POST", request.path, request.body, headers)
        response = self._connection.getresponse()
        return Answer(response.status, response.getheader("Content-Type") or "text/html", response.read())


def _refuse(method: str, error: dict[str, object], request: Request, ask: Ask) -> Answer:
    if not request.is_batch:
        call = request.calls[0]
        body = json.dumps({"result": None, "error": error, "id": call.get("id")}).encode()
        return Answer(http.HTTPStatus.INTERNAL_SERVER_ERROR, "application/json", body)
    return _each_answer(method, request, ask(), lambda answer: {**answer, "result": None, "error": error})


def _alter(method: str, change: Callable[[Any], Any], request: Request, ask: Ask) -> Answer:
    def altered(answer: dict[str, Any]) -> dict[str, Any]:
        return answer if answer.get("error") else {**answer, "result": change(answer["result"])}

    return _each_answer(method, request, ask(), altered)


def _each_answer(
    method: str, request: Request, answer: Answer, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Answer:
    """Change what was answered to each call of `method`, alone or in a batch."""
    if answer.content_type != "application/json":
        return answer
    said = json.loads(answer.body)
    meant = {call.get("id") for call in request.calls if method in (ALL, call.get("method"))}
    changed = [change(one) if one.get("id") in meant else one for one in (said if request.is_batch else [said])]
    return replace(answer, body=json.dumps(changed if request.is_batch else changed[0]).encode())


def _garble(_request: Request, ask: Ask) -> Answer:
    answer = ask()
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _drop(asked: bool, _request: Request, ask: Ask) -> Answer:
    if asked:
        ask()
    raise HungUp
