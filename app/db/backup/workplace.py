"""A directory that one backup, check or restore works in, and the last step of a backup: the file gets its name."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import BadInput, NotAllowed


@contextmanager
def workplace(path: Path) -> Iterator[Path]:
    """An empty directory at `path` that nobody else can enter; it is gone afterwards.

    What a killed process left there is cleared first. NotAllowed while another process works there.
    """
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise BadInput("directory", str(path.parent), f"nothing can be written there: {error.strerror}") from None
    try:
        _lock(descriptor, path)
        try:
            path.chmod(0o700)
            for left in path.iterdir():
                left.unlink()
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)


def require_new(file: Path) -> None:
    """Raises BadInput if there is something at `file`: a backup is never overwritten."""
    if file.exists() or file.is_symlink():
        raise BadInput("FILE", str(file), "it exists, and a backup overwrites nothing; choose another name")


def publish(made: Path, file: Path) -> None:
    """Give the finished file its name, so that a power cut leaves all of it or nothing."""
    _sync(made)
    require_new(file)
    made.rename(file)
    _sync(file.parent)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NotAllowed(f"another command works in {path}; wait until it has ended") from None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
