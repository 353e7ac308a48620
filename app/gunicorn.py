"""How the web server runs: `gunicorn --config python:app.gunicorn --bind HOST:PORT wsgi:app`.

One process a core, since each computes on one at a time (ADR 9); `--workers N` on the command line says otherwise.
"""

import os
import sys
from typing import Any

from app.db.session import POOL_SIZE, forget_connections

MOST_WORKERS = 4

workers = min(len(os.sched_getaffinity(0)), MOST_WORKERS)
worker_class = "gthread"
threads = POOL_SIZE // workers  # an open checkout page asks often and briefly; PostgreSQL allows a hundred connections
preload_app = True  # made once: each process of its own would take a second and 60 MB more
control_socket_disable = True  # it would lie in the home directory, one for all installations

# What a proxy says of a request is judged by app.proxies, with SATTLE_TRUSTED_PROXIES alone. gunicorn itself would
# believe anybody on this machine or behind a Unix socket.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""


# Who holds the database's write lock waits for the interpreter after each call to the disk, and everybody waits for it:
# a thread that computes gives way sooner than Python's usual 5 ms.
SWITCH_SECONDS = 0.0005


def post_worker_init(worker: Any) -> None:
    """The process that serves begins. Streams of checkout pages must leave threads for everything else."""
    sys.setswitchinterval(SWITCH_SECONDS)
    streams = worker.app.callable.extensions["sattle_streams"]
    streams.share(worker.cfg.workers, worker.cfg.threads, lambda: not worker.alive)


def post_fork(_server: object, worker: Any) -> None:
    """The application was made before the fork, and may have connections that the parent uses."""
    if worker.app.callable is not None:
        forget_connections(worker.app.callable)
