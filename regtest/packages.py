"""Debian packages: which are missing, and how to get them. Standard library only, it runs before `.venv` exists.

`python3 -m regtest.packages NAME…` installs what is missing when it may, and says what to type when it may not.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from regtest.errors import RegtestError

BUILD_PACKAGES = (
    "cmake",
    "g++",
    "libboost-dev",
    "libevent-dev",
    "libsqlite3-dev",
    "libzmq3-dev",
    "ninja-build",
    "pkgconf",
)
"""What building bitcoind takes."""


def missing(packages: Sequence[str]) -> list[str]:
    """Those of `packages` that dpkg does not know as installed."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n", *packages]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        names = " ".join(packages)
        raise RegtestError(f"this is no Debian (no dpkg-query); install what corresponds to: {names}") from error
    installed = {line.split()[1] for line in answer.stdout.splitlines() if line.startswith("installed ")}
    return [name for name in packages if name not in installed]


def require(packages: Sequence[str]) -> None:
    """Have these packages installed: by apt-get as root, else a RegtestError with the exact command."""
    wanted = missing(packages)
    if not wanted:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *wanted]
    if os.geteuid() != 0:
        raise RegtestError(f"Debian packages are missing; install them with: sudo {' '.join(command)}")
    print(f"installing Debian packages: {' '.join(wanted)}", file=sys.stderr, flush=True)
    _apt(["apt-get", "update"])
    _apt(command)
    if still := missing(wanted):
        raise RegtestError(f"apt-get did not install {' '.join(still)}; try: {' '.join(command)}")


def _apt(command: Sequence[str]) -> None:
    """Run apt-get without questions, waiting for another one that holds the lock."""
    quiet = [command[0], "--quiet=2", "-o", "DPkg::Lock::Timeout=300", *command[1:]]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(quiet, env=environment, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RegtestError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def main(names: Sequence[str]) -> int:
    """Install `names`, with the build packages for the word `bitcoind-build` among them. Returns the exit code."""
    arguments = argparse.ArgumentParser("python -m regtest.packages", description="Install Debian packages.")
    arguments.add_argument("names", nargs="*", metavar="NAME", help="bitcoind-build stands for what bitcoind needs")
    names = arguments.parse_args(names).names
    wanted = [package for name in names for package in (BUILD_PACKAGES if name == "bitcoind-build" else (name,))]
    try:
        require(wanted)
    except RegtestError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
