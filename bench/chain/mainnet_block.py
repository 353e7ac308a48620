"""A real block of mainnet: number 413,567, 1,557 transactions in 999,887 bytes. Bitcoin Core measures with it.

It comes inside the source archive that the node is built from, and is kept in the user's cache.
"""

import hashlib
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from regtest.bitcoind import cache_dir
from regtest.build import check_hash, download
from regtest.errors import RegtestError

NAME = "block413567.raw"
SHA256 = "71964cee18c58675784846d498944b35daa41e36b6f65a7e8feb291def924cce"


def mainnet_block(say: Callable[[str], object]) -> bytes:
    """The serialised block. Raises RegtestError when it can neither be found nor fetched."""
    kept = cache_dir() / NAME
    if not kept.exists():
        say(f"fetching {NAME}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="block-", dir=kept.parent) as scratch:
            found = Path(scratch) / NAME
            found.write_bytes(_from_archive(download(Path(scratch))))
            check_hash(found, SHA256)
            found.replace(kept)
    block = kept.read_bytes()
    if hashlib.sha256(block).hexdigest() != SHA256:
        raise RegtestError(f"{kept} is damaged; delete it and it is fetched again")
    return block


def _from_archive(archive: Path) -> bytes:
    with tarfile.open(archive) as content:
        for member in content:
            if member.name.endswith(f"/src/bench/data/{NAME}"):
                file = content.extractfile(member)
                if file is not None:
                    return file.read()
    raise RegtestError(f"{archive.name} holds no {NAME}")
