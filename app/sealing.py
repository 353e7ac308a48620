"""Secrets at rest: what the database keeps of others' keys is encrypted with a key that it does not hold.

The one home of cryptography's Fernet. Each sealed text says what it is about, so that nobody who can write to the
database puts one store's key into the place of another's.
"""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.errors import NotAllowed, Unavailable

SETTING = "SATTLE_SEALING_KEY"
HOW = f"set {SETTING} for web and worker to what `flask secret new` prints, and keep a copy where the backups are not"


class CannotSeal(NotAllowed):
    """There is no sealing key, so nothing can be kept encrypted."""


class CannotUnseal(Unavailable):
    """The text was sealed with a key that the settings do not name, or it is about something else."""


class Sealer:
    """Seals with the first key, opens with each."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    @property
    def is_ready(self) -> bool:
        return self._fernet is not None

    def seal(self, text: str, about: str) -> str:
        """`text` encrypted; it opens only where the same `about` is named. CannotSeal."""
        if self._fernet is None:
            raise CannotSeal(f"there is no key to encrypt it with: {HOW}")
        return self._fernet.encrypt(f"{about}\n{text}".encode()).decode()

    def unseal(self, sealed: str, about: str) -> str:
        """What was sealed. CannotUnseal."""
        if self._fernet is None:
            raise CannotUnseal(f"it is encrypted, and there is no key to open it: {HOW}")
        try:
            named, _, text = self._fernet.decrypt(sealed.encode()).decode().partition("\n")
        except InvalidToken:
            named = ""
        if not named or named != about:
            says = f"it was encrypted with another key than {SETTING} names"
            raise CannotUnseal(f"{says}: add the one before behind a comma, or connect the shop again")
        return text

    def reseal(self, sealed: str, about: str) -> str:
        """The same, sealed with the first key."""
        return self.seal(self.unseal(sealed, about), about)


def new_key() -> str:
    """A sealing key."""
    return Fernet.generate_key().decode()
