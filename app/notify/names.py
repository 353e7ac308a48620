"""Names are looked up in threads of their own: the resolver takes as long as it likes and cannot be stopped."""

import socket
import threading
from concurrent.futures import Future
from typing import Any

LOOK_UP_SECONDS = 5
AT_ONCE = 64  # look-ups under way, with those that nobody waits for any more: what never answers must not pile up

_free = threading.BoundedSemaphore(AT_ONCE)


def look_up(host: str, port: int, seconds: float = LOOK_UP_SECONDS) -> list[Any]:
    """What getaddrinfo says of a name and a TCP port.

    Raises OSError or UnicodeError as that does, and TimeoutError when it has not answered in so many seconds.
    """
    if not _free.acquire(timeout=seconds):
        raise TimeoutError("too many names wait for an answer")
    answer: Future[list[Any]] = Future()
    threading.Thread(target=_ask, args=(host, port, answer), name="look-up", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        raise TimeoutError(f"no answer within {seconds:g} s") from None


def _ask(host: str, port: int, answer: "Future[list[Any]]") -> None:
    try:
        answer.set_result(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as trouble:
        answer.set_exception(trouble)
    finally:
        _free.release()
