"""The high-water marks of address indexes: files outside the database, because a restored database forgets.

Two small files a wallet in the directory `marks`, named after network and descriptor. NAME.mark holds an id and the
ceiling; it is synced, the directory as well, and replaced as a whole before an index of the next step is given out.
NAME.given holds the exact next index; it is overwritten in place, without a sync, after each invoice: that outlives
the end of the process, and costs microseconds.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.address_index import Mark
from app.errors import WalletStopped

GIVEN = b"%020d\n"  # of one length, so that overwriting it never changes the file's size
GIVEN_BYTES = 21
LARGEST_BYTES = 65_536


class Marks:
    """The marks of all wallets, below the data directory that the web processes of an installation share."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / "marks"
        self._files: dict[tuple[str, str], MarkFile] = {}

    def of(self, network: str, descriptor: str) -> "MarkFile":
        """The mark of a wallet. Its row's id may change with a restore, its addresses do not."""
        file = self._files.get((network, descriptor))
        if file is None:
            digest = hashlib.sha256(f"{network} {descriptor}".encode()).hexdigest()
            file = MarkFile(self._directory / f"{network}-{digest[:24]}", network, descriptor)
            self._files[network, descriptor] = file
        return file


class MarkFile:
    """One wallet's mark on disk. Everything is only ever raised, by any process at any time."""

    def __init__(self, stem: Path, network: str, descriptor: str) -> None:
        self.path = stem.with_suffix(".mark")
        self._given = stem.with_suffix(".given")
        self._whose = {"network": network, "descriptor": descriptor}

    def read(self) -> Mark | None:
        """The mark; None if there never was one here. WalletStopped when it cannot be read."""
        try:
            told = json.loads(_contents(self.path))
            ceiling, mark_id = int(told["ceiling"]), str(told["id"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as trouble:
            raise WalletStopped(f"the mark of a wallet's address index cannot be read: {_name(trouble)}") from trouble
        given = self._read_given()
        return Mark(mark_id, ceiling, ceiling if given is None else given)

    def raise_to(self, mark_id: str, ceiling: int) -> None:
        """Make `ceiling` durable, under `mark_id`. WalletStopped when it cannot be written."""
        try:
            with self._locked() as given:
                if os.fstat(given).st_size == 0:
                    os.pwrite(given, GIVEN % 0, 0)
                    os.fsync(given)
                self._replace(mark_id, max(ceiling, self._ceiling()))
        except OSError as trouble:
            raise WalletStopped(
                f"the mark of a wallet's address index cannot be written: {_name(trouble)}"
            ) from trouble

    def note_given(self, next_index: int) -> None:
        """Every index below `next_index` is given out. OSError when it cannot be written."""
        with self._locked() as given:
            known = _number(os.pread(given, GIVEN_BYTES, 0))
            if known is None or next_index > known:
                os.pwrite(given, GIVEN % next_index, 0)

    def _read_given(self) -> int | None:
        try:
            return _number(_contents(self._given))
        except OSError:
            return None

    def _ceiling(self) -> int:
        try:
            return int(json.loads(_contents(self.path))["ceiling"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _replace(self, mark_id: str, ceiling: int) -> None:
        new = self.path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, json.dumps({"id": mark_id, "ceiling": ceiling, **self._whose}).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        new.replace(self.path)
        _sync_directory(self.path.parent)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file of the exact index, held against all other threads and processes."""
        try:
            descriptor = os.open(self._given, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            self._make_directory()
            descriptor = os.open(self._given, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _make_directory(self) -> None:
        directory = self.path.parent
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_directory(directory.parent)


def _contents(path: Path) -> bytes:
    """All of a small file, read at each invoice: in a third of the time that `read_bytes` takes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, LARGEST_BYTES)
    finally:
        os.close(descriptor)


def _number(text: bytes) -> int | None:
    """A whole record, or None: a torn or empty one says nothing."""
    return int(text) if len(text) == GIVEN_BYTES and text[:-1].isdigit() else None


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(trouble: Exception) -> str:
    """What went wrong, without the path: the text reaches clients, the log has the rest."""
    return trouble.strerror or type(trouble).__name__ if isinstance(trouble, OSError) else "it is damaged"
