"""Clients that we did not write, each in a virtual environment of its own: some are imported by the same name."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

INSTALL_SECONDS = 150
STORY_SECONDS = 60


def interpreter_with(requirement: str, config: pytest.Config) -> Path:
    """The interpreter of an environment that holds NAME==VERSION; kept for the next run."""
    home = Path(config.cache.mkdir(requirement.replace("==", "-")))  # type: ignore[union-attr]
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", requirement], check=True, timeout=INSTALL_SECONDS)
        (home / "complete").touch()
    return python


def told_by(python: Path, story: str, *arguments: str) -> dict[str, Any]:
    """Run a program; what its last line tells as JSON."""
    done = subprocess.run(
        [python, "-c", story, *arguments], capture_output=True, text=True, timeout=STORY_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
