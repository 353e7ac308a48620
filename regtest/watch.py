"""Watching the programs of `up`: one that ends by itself is reported with its last words and started again."""

from collections import Counter
from collections.abc import Callable, Sequence

from regtest.errors import RegtestError
from regtest.processes import Process

MOST_RESTARTS = 3
LAST_WORDS_LINES = 15


class Watch:
    """Looks after programs; `say` hears what happened to them."""

    def __init__(self, programs: Sequence[Process], say: Callable[[str], object]) -> None:
        self._programs = programs
        self._say = say
        self._restarts: Counter[str] = Counter()

    def look(self) -> None:
        """Start again whatever ended. Raises RegtestError for a program that ended too often to be hoped for."""
        for program in self._programs:
            if not program.alive:
                program.kill()  # what it had started itself may still hold its port
                self.start_again(program, program.start)

    def start_again(self, program: Process, start: Callable[[], object]) -> None:
        """Report how a program ended and have it started by `start`."""
        last_words = program.log_tail(LAST_WORDS_LINES)
        self._say(f"{program.name} ended with code {program.exit_code}; the end of {program.log}:\n{last_words}")
        self._restarts[program.name] += 1
        if self._restarts[program.name] > MOST_RESTARTS:
            raise RegtestError(f"{program.name} was started again {MOST_RESTARTS} times and ended each time; giving up")
        start()
        self._say(f"{program.name} was started again")
