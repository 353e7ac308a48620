"""SQLite has one writer. This lock makes the writers of all threads and processes take turns, fairly.

Deferred transactions fail at once when they meet and immediate ones starve each other, so a writer takes this lock
before BEGIN IMMEDIATE. Two files make it fair between processes: who waits for its turn holds the turnstile, so a
process that has just written cannot overtake it.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class WriteLock:
    """One lock for every process that opens the database at `path`."""

    def __init__(self, path: Path) -> None:
        self._turnstile = path.with_name(path.name + ".turnstile")
        self._writing = path.with_name(path.name + ".lock")
        self._threads = threading.Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the lock. Released by the kernel if the process dies."""
        with self._threads:
            with _flock(self._turnstile):
                writing = _open_locked(self._writing)
            try:
                yield
            finally:
                os.close(writing)


@contextmanager
def _flock(path: Path) -> Iterator[None]:
    descriptor = _open_locked(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor
