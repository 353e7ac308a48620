"""The state directory: where a demo keeps its node, database, logs, pid files and what it knows about itself."""

import json
import os
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class State:
    """Paths below one directory, `.sattle/` of the project unless `SATTLE_STATE_DIR` names another."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.node_dir = root / "node"
        self.data_dir = root / "data"
        self.log_dir = root / "logs"
        self.pid_dir = root / "pids"
        self.up_pid_file = root / "up.pid"
        # Only the demo of the project's own state directory is what a plain `flask` in the project means.
        self.flaskenv_file = (PROJECT_ROOT if root == PROJECT_ROOT / ".sattle" else root) / ".flaskenv"
        self.clock_file = root / "clock-offset"
        self._status_file = root / "status.json"
        self._last_payment_file = root / "last-payment"

    @classmethod
    def from_environment(cls) -> "State":
        """The directory that this shell's commands are about."""
        return cls(Path(os.environ.get("SATTLE_STATE_DIR") or PROJECT_ROOT / ".sattle").absolute())

    def prepare(self) -> None:
        """Make the directories; the state holds cookies and keys of test stores, so others may not read it."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (self.node_dir, self.data_dir, self.log_dir, self.pid_dir):
            directory.mkdir(parents=True, exist_ok=True)

    def read_status(self) -> dict[str, Any]:
        """What `up` last wrote about itself; `{}` before its first word."""
        try:
            status = json.loads(self._status_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return status if isinstance(status, dict) else {}

    def write_status(self, status: dict[str, Any]) -> None:
        """Replace the status in one step."""
        _replace(self._status_file, json.dumps(status))

    @property
    def last_payment(self) -> str | None:
        """The txid of the last payment, bump or double spend made from the command line or the payer's page."""
        try:
            return self._last_payment_file.read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def remember_payment(self, txid: str) -> None:
        """Make `txid` the one that `bump` and `double-spend` mean when they are given none."""
        _replace(self._last_payment_file, f"{txid}\n")


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
