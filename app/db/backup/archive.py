"""The file of a backup: a ZIP archive with the database and, written last, the manifest that describes it.

The manifest holds length and SHA-256 of the database; the manifest itself is guarded by the archive's checksum.
"""

import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from app.domain.backup import FORMAT, Manifest, read_manifest
from app.errors import BadInput

MANIFEST = "manifest.json"
DATABASE = "database"
MANIFEST_BYTES = 64 * 1024 * 1024  # far more than any; a damaged length must not fill the memory
CHUNK_BYTES = 1024 * 1024
DAMAGE = (  # what reading a damaged archive raises; a place in it that cannot be gives an OSError
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)

Told = Callable[[str, int, int], None]  # a step's name, bytes done, bytes in all (0: not known)


class Sink:
    """Takes the bytes of the database on their way into an archive; counts and hashes them."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add `data` to the end."""
        self._out.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._hash.hexdigest()


def write_archive(path: Path, compress: bool, fill: Callable[[Sink], Manifest]) -> Manifest:
    """Write a new archive that only its owner can read: `fill` writes the database, then says what it wrote."""
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w+b") as file, zipfile.ZipFile(file, "w", method, compresslevel=3) as archive:
        with archive.open(DATABASE, "w", force_zip64=True) as out:
            manifest = fill(Sink(out))
        archive.writestr(MANIFEST, json.dumps(manifest.as_json(), indent=1))
    return manifest


class Archive:
    """A backup that was opened for reading; its manifest was understood."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._path = path
        self._archive = archive
        self.manifest = manifest

    def chunks(self, step: str, told: Told) -> Iterator[bytes]:
        """The database, piece by piece. Raises BadInput, at the latest after the last piece, if it is not whole."""
        digest, done, wanted = hashlib.sha256(), 0, self.manifest.size
        with _damage_named(self._path), self._archive.open(DATABASE) as database:
            while chunk := database.read(CHUNK_BYTES):
                digest.update(chunk)
                done += len(chunk)
                told(step, done, wanted)
                yield chunk
        if done != wanted or digest.hexdigest() != self.manifest.sha256:
            raise _damaged(self._path, "the database in it is not the one that its manifest describes")

    def refused(self, remedy: str) -> BadInput:
        """The error that says why this backup cannot be used."""
        return BadInput("FILE", str(self._path), remedy)

    def require_whole(self, told: Told) -> None:
        """Read everything once. Raises BadInput if anything is damaged."""
        for _ in self.chunks("reading the backup", told):
            pass


@contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """Open the backup at `path`. Raises BadInput if it is missing, damaged, something else or of a newer format."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadInput("FILE", str(path), f"it cannot be read: {error.strerror}") from None
    with file:
        with _damage_named(path):
            archive = zipfile.ZipFile(file)
        with archive:
            yield Archive(path, archive, _manifest(path, archive))


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    if sorted(archive.namelist()) != sorted([DATABASE, MANIFEST]):
        raise BadInput("FILE", str(path), "it is no backup made by Sattle")
    if archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
        raise _damaged(path, "its manifest cannot be that long")
    with _damage_named(path):
        value: Any = json.loads(archive.read(MANIFEST))
    try:
        if value["format"] > FORMAT:
            raise BadInput("FILE", str(path), f"its format is {value['format']}, made by a newer Sattle; use that one")
        return read_manifest(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, f"its manifest cannot be understood ({type(error).__name__}: {error})") from None


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise _damaged(path, f"{error}" or type(error).__name__) from None


def _damaged(path: Path, why: str) -> BadInput:
    return BadInput("FILE", str(path), f"it is damaged or cut short ({why}); use another backup")
