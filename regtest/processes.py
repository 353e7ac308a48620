"""Starting, watching and ending programs: one supervisor for `up`, for the harness and for the node.

Each program runs in a session of its own: Ctrl-C reaches the orchestrator alone, which then ends its programs in order.
A pid file holds the pid *and* the start time of the process, so a number that the system gave to somebody else since is
never mistaken for ours.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from regtest.errors import RegtestError
from regtest.waiting import wait_until

STOP_SECONDS = 20


class Process:
    """One program with its log and pid file. It can be started again after it ended."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        pid_file: Path | None = None,
        directory: Path | None = None,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self.environment = dict(environment or {})
        self.pid_file = pid_file
        self._directory = directory
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The pid while it runs."""
        return self._running.pid if self._running is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the program runs now."""
        return self._running is not None and self._running.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended: negative for a signal, None while it runs or before it was started."""
        return None if self._running is None else self._running.poll()

    def start(self) -> None:
        """Start the program; its output is appended to its log."""
        if self.alive:
            raise RegtestError(f"{self.name} is running already (pid {self.pid})")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                cwd=self._directory,
                start_new_session=True,
            )
        if self.pid_file is not None:
            write_pid_file(self.pid_file, self._running.pid)

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> None:
        """Ask it to end (SIGTERM), and end it (SIGKILL) if it does not in time. Nothing happens if it ended before."""
        if self._running is not None and self.alive:
            self._running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(timeout_seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, to the program and to whatever it started."""
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()
        if self.pid_file is not None:
            self.pid_file.unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop it, then start it with the same command and environment."""
        self.stop()
        self.start()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the log, for messages about a program that ended by itself."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:]) or "(empty log)"

    def require_alive(self) -> None:
        """Raise a RegtestError with the end of the log if the program is not running."""
        if not self.alive:
            raise RegtestError(
                f"{self.name} ended with code {self.exit_code}; the end of {self.log}:\n{self.log_tail()}"
            )


def start_time(pid: int) -> int | None:
    """When the process started, in clock ticks since boot (field 22 of /proc/PID/stat), None if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def write_pid_file(path: Path, pid: int) -> None:
    """Record a process of ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{pid} {start_time(pid) or 0}\n", encoding="ascii")


def read_pid_file(path: Path) -> int | None:
    """The pid in the file if that very process still runs, else None."""
    try:
        pid, started = (int(part) for part in path.read_text(encoding="ascii").split())
    except (FileNotFoundError, ValueError):
        return None
    return pid if start_time(pid) == started else None


def stop_recorded(path: Path, timeout_seconds: float = STOP_SECONDS) -> bool:
    """End the process recorded in a pid file: SIGTERM, then SIGKILL to its group. False if it did not run any more."""
    pid = read_pid_file(path)
    if pid is None:
        path.unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    try:
        wait_until(lambda: read_pid_file(path) is None, f"process {pid} to end", timeout_seconds)
    except RegtestError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    path.unlink(missing_ok=True)
    return True
