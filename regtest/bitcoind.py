"""Finding a bitcoind: $BITCOIND, then PATH, then the user's cache, else it is built."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from regtest.errors import RegtestError

SOURCE_VERSION = "0.1.0a5"
SOURCE_SHA256 = "71b91eecac7a8b07248be04471c3bf98016b38bf823aefd28f7b31179940520d"

OLDEST_MAJOR_VERSION = 28
"""Full replace-by-fee is the default from here on; the harness's replacements rely on it."""


def find_bitcoind(say: Callable[[str], object] | None = None) -> Path:
    """A bitcoind that can do what the harness needs. Building one takes minutes; `say` hears about the progress.

    A $BITCOIND that does not suit is an error; one on PATH that does not suit is passed over with a word.
    """
    tell = say or _to_stderr
    named = os.environ.get("BITCOIND")
    if named:
        return _require_suitable(Path(named))
    on_path = shutil.which("bitcoind")
    if on_path:
        reason = unsuitable(Path(on_path))
        if reason is None:
            return Path(on_path)
        tell(f"{on_path} is passed over: {reason}")
    cached = cached_bitcoind()
    if not cached.exists():
        from regtest.build import build  # noqa: PLC0415 - only who builds needs the builder

        build(cached.parent.parent, tell)
    return cached


def cache_dir() -> Path:
    """Where the user's programs keep what can be made again, our part of it (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sattle"


def cached_bitcoind() -> Path:
    """Where a built bitcoind is kept: by source version, source hash and machine, so a new source is built anew."""
    return cache_dir() / f"bitcoind-{SOURCE_VERSION}-{SOURCE_SHA256[:12]}-{platform.machine()}" / "bin" / "bitcoind"


def unsuitable(program: Path) -> str | None:
    """Why this bitcoind cannot be used: too old, without wallet or without ZMQ; None if it can."""
    try:
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
        options = subprocess.run([program, "-help"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return f"it does not run ({error})"
    major = re.search(r"\bv(\d+)\.", version)
    if major is None or int(major[1]) < OLDEST_MAJOR_VERSION:
        first_line = version.partition("\n")[0]
        return f"it is {first_line!r}; Bitcoin Core {OLDEST_MAJOR_VERSION} or newer is needed"
    if lacking := [option for option in ("-fallbackfee", "-zmqpubsequence=") if option not in options]:
        return f"it was built without {' and '.join(lacking)}; wallet and ZMQ are needed"
    return None


def _require_suitable(program: Path) -> Path:
    reason = unsuitable(program)
    if reason is not None:
        raise RegtestError(f"BITCOIND={program} cannot be used: {reason}; correct it, or unset it to have one built")
    return program


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
