"""What a program costs, read from /proc: processor time and memory, its child processes included."""

import os
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
KILOBYTES_A_MEGABYTE = 1024


def processor_seconds(pid: int) -> float:
    """The processor time that the process and its living children have used up to now."""
    spent = 0.0
    for process in family(pid):
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND  # utime and stime: 14 and 15 in proc(5)
    return spent


def family(pid: int) -> list[int]:
    """The process and its living descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(found for child in children for found in family(int(child)))]


def memory_mb(pid: int, name: str) -> float:
    """A line of the process's status in megabytes: VmRSS is what it holds now, VmHWM the most it ever held."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / KILOBYTES_A_MEGABYTE
    raise KeyError(name)
