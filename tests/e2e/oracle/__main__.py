"""`python -m tests.e2e.oracle N`: N programs, and how many a minute. What fails is printed and kept."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import requests
from hypothesis.errors import HypothesisException

from regtest.errors import RegtestError
from tests.e2e.oracle.arena import arena
from tests.e2e.oracle.explore import chosen_seed, explore, keep
from tests.e2e.oracle.machine import Machine

PROGRAMS_A_SEED = 20


def main() -> int:
    """0 when all programs held."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.oracle", description=__doc__)
    parser.add_argument("programs", type=int, help="how many programs")
    wanted = parser.parse_args().programs
    with tempfile.TemporaryDirectory(prefix="sattle-soak-") as directory, arena(Path(directory)) as Machine.arena:
        return _soak(wanted, chosen_seed())


def _soak(wanted: int, seed: int) -> int:
    began, done, failed = time.monotonic(), 0, 0
    while done < wanted:
        programs = min(PROGRAMS_A_SEED, wanted - done)
        try:
            explore(programs, seed)
        except (AssertionError, RegtestError, requests.RequestException, HypothesisException) as error:
            failed += 1
            _tell(error)
        done, seed = done + programs, seed + 1
        minutes = (time.monotonic() - began) / 60
        print(
            f"{done} programs, {done / minutes:.1f} a minute, {failed} failed; next SATTLE_ORACLE_SEED={seed}",
            flush=True,
        )
    return 1 if failed else 0


def _tell(error: Exception) -> None:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    if Machine.failed is not None:
        keep(Machine.failed)
        print(f"kept: {json.dumps(Machine.failed)}", file=sys.stderr, flush=True)
        Machine.failed = None


if __name__ == "__main__":
    raise SystemExit(main())
