"""Run many programs: the same ones for the same seed."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.e2e.oracle.machine import Machine

CASES = Path(__file__).with_name("cases.jsonl")
STEPS = 25


def chosen_seed() -> int:
    """SATTLE_ORACLE_SEED, or another one each time; it is printed."""
    number = int(os.environ.get("SATTLE_ORACLE_SEED") or secrets.randbelow(1_000_000))
    print(f"the programs of SATTLE_ORACLE_SEED={number}", flush=True)
    return number


def explore(programs: int, number: int) -> None:
    """Make up and run `programs` programs from a seed. Raises what the shortest failing one raised."""
    quiet = settings(
        max_examples=programs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(seed(number)(type("Programs", (Machine,), {})), settings=quiet)


def kept_programs() -> list[Any]:
    """The programs that failed once, one a line."""
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines() if line.strip()]


def keep(program: Any) -> None:
    """Add a program to those that are run each time."""
    with CASES.open("a", encoding="utf-8") as cases:
        cases.write(json.dumps(program) + "\n")
