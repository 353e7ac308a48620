"""pg_dump and pg_restore: found, new enough, and told where the database is by environment, never by arguments."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from psycopg.pq import Conninfo
from sqlalchemy import URL

from app.db.backup.archive import CHUNK_BYTES
from app.errors import ConfigError, Unavailable

PASSED_ON = ("PATH", "HOME", "TMPDIR")  # of our environment, and PG*; our secrets are no affair of theirs
SHOWN_LINES = 3  # of what a program complains about

Child = subprocess.Popen[bytes]


def dump(url: URL, server: int, snapshot: str, write: Callable[[bytes], None]) -> None:
    """Write what pg_dump makes of an exported snapshot, in its custom format. ConfigError, Unavailable.

    `server` is the major number of the server's version.
    """
    command = [_program("pg_dump", url, server), "--format=custom", f"--snapshot={snapshot}"]
    with _running(command, url, stdout=subprocess.PIPE) as child:
        output = cast(IO[bytes], child.stdout)
        while chunk := output.read(CHUNK_BYTES):
            write(chunk)


def restore(url: URL, made_by: int, chunks: Iterable[bytes]) -> None:
    """Let pg_restore read `chunks` into the database: all of it or, when anything fails, nothing.

    `made_by` is the major number of the server that they come from. ConfigError, Unavailable.
    """
    command = [_program("pg_restore", url, made_by), "--single-transaction", f"--dbname={url.database or url.username}"]
    with _running(command, url, stdin=subprocess.PIPE) as child:
        input_ = cast(IO[bytes], child.stdin)
        with suppress(BrokenPipeError):  # it has ended, and says why
            for chunk in chunks:
                input_.write(chunk)


def environment(url: URL) -> dict[str, str]:
    """What a PostgreSQL program must find in its environment to reach the database at `url`, password included."""
    names = {option.keyword.decode(): option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    _, options = url.get_dialect()().create_connect_args(url)
    ours = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("PG")}
    told = {names[name]: str(value) for name, value in options.items() if name in names}
    return {**ours, **told, "LC_ALL": "C.UTF-8"}


def _program(name: str, url: URL, major: int) -> str:
    """Where the program is. ConfigError if it is missing or older than `major`."""
    path = shutil.which(name)
    package = f"postgresql-client-{major}"
    if path is None:
        raise ConfigError(f"{name} is not installed; install the Debian package {package}")
    asked = subprocess.run([path, "--version"], env=environment(url), capture_output=True, text=True, check=False)  # noqa: S603 - found on PATH by us
    found = re.search(r"\) (\d+)", asked.stdout)
    if found is None:
        raise ConfigError(f"{path} does not run: {asked.stderr.strip()}; install the Debian package {package}")
    if int(found[1]) < major:
        raise ConfigError(
            f"{name} is version {found[1]} and the database comes from PostgreSQL {major}; install the Debian package "
            f"{package} (from apt.postgresql.org where Debian has none)"
        )
    return path


@contextmanager
def _running(command: list[str], url: URL, stdin: int | None = None, stdout: int | None = None) -> Iterator[Child]:
    """Start the program with the options that all have. It ends with the block; Unavailable if it failed."""
    command = [*command, "--no-owner", "--no-privileges", "--no-password"]
    silent = subprocess.DEVNULL
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(  # noqa: S603 - a program that shutil.which found, and no shell
            command, stdin=stdin or silent, stdout=stdout or silent, stderr=complaints, env=environment(url)
        ) as child:
            try:
                yield child
            except BaseException:  # whatever interrupts us must not leave it to finish by itself
                child.kill()
                raise
            finally:
                child.communicate()
        if child.returncode != 0:
            raise Unavailable(f"{Path(command[0]).name} failed: {_last_lines(complaints)}")


def _last_lines(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return " / ".join(line.strip() for line in lines[:SHOWN_LINES]) or "it does not say why"
