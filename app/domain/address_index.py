"""Which address index may be given out next: never one that was given out before, whatever became of the database.

Two records speak of the past beside the database (docs/adr/0008): a ceiling, which is durable before any index below it
is given out, and the exact next index, which a power cut may set back by seconds.
"""

from dataclasses import dataclass

STEP = 20  # indexes: how far the ceiling is raised at once, and the gap limit that wallets have by default


@dataclass(frozen=True)
class Mark:
    """What is known of a wallet outside the database.

    `id` is the file's own and stands in the wallet's row as well. Every index from `ceiling` on is unused; every one
    below `given` was given out.
    """

    id: str
    ceiling: int
    given: int

    def shows_restore(self, next_index: int) -> bool:
        """Is `next_index`, the database's, one that only a database of the past can hold?

        The ceiling is raised by one step, by a change that takes the index it stands at: a database that lost nothing
        is never further behind it than that.
        """
        return next_index < self.given or next_index < self.ceiling - STEP

    def next_safe(self, next_index: int) -> int:
        """The index to go on from."""
        return self.ceiling if self.shows_restore(next_index) else next_index
