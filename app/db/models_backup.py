"""The backups that were made: when, where to, and whether they were proved."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class Backup(Base):
    """A backup that was finished. Its row is written afterwards, so it is not in the copy itself."""

    __tablename__ = "backups"

    id: Mapped[int] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(index=True)
    path: Mapped[str]  # where the file was written to; it may have been moved since
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]  # of the database in it, as in its manifest
    verified_at: Mapped[datetime | None]
