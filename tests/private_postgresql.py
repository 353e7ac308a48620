"""A PostgreSQL cluster of the test run's own: made in a temporary directory, stopped at the end."""

import os
import pwd
import shutil
import subprocess
import uuid
from pathlib import Path

from regtest.ports import free_port

VERSIONS = Path("/usr/lib/postgresql")  # where Debian puts the programs
SUPERUSER = "postgres"


class Cluster:
    """Started by `start`; `new_database` gives the address of an empty database. Measurements want it `durable`."""

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        self._directory = directory
        self._durable = durable
        self._data = directory / "cluster"
        self._port = free_port()
        self._programs = max(VERSIONS.iterdir(), key=lambda path: float(path.name)) / "bin"

    def start(self) -> None:
        """PostgreSQL refuses to run as root, so root hands the directory to Debian's postgres user."""
        self._directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self._directory, SUPERUSER)
        self._run(
            "initdb", "--pgdata", str(self._data), "--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8"
        )
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._directory}"
        options += " -c max_connections=400"  # some tests run many pools at once
        options += "" if self._durable else " -c fsync=off"  # no test pulls the plug
        log = str(self._directory / "log")
        self._run("pg_ctl", "--pgdata", str(self._data), "--wait", "--log", log, "--options", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "--pgdata", str(self._data), "--mode", "immediate", "stop")

    def new_database(self) -> str:
        """The DATABASE_URL of an empty database."""
        name = f"test_{uuid.uuid4().hex}"
        self._run("createdb", "--host", "127.0.0.1", "--port", str(self._port), "--username", SUPERUSER, name)
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self._port}/{name}"

    def new_database_of(self, language: str) -> str:
        """The same, with texts sorted as that language does, which is what most servers out there have."""
        name = f"test_{uuid.uuid4().hex}"
        connection = ("--host", "127.0.0.1", "--port", str(self._port), "--username", SUPERUSER)
        sorting = ("--template", "template0", "--locale-provider", "icu", "--icu-locale", language)
        self._run("createdb", *connection, *sorting, name)
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self._port}/{name}"

    def copy_of(self, url: str) -> str:
        """The DATABASE_URL of a copy of a database as it is now: what a backup restores. Nobody may be connected."""
        name, original = f"test_{uuid.uuid4().hex}", url.rpartition("/")[2]
        connection = ("--host", "127.0.0.1", "--port", str(self._port), "--username", SUPERUSER)
        self._run("createdb", *connection, "--template", original, name)
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self._port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        become = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(SUPERUSER)
            become = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=self._directory,
            env={**os.environ, "HOME": str(self._directory), "LC_ALL": "C.UTF-8"},
            **become,  # type: ignore[call-overload]
        )
