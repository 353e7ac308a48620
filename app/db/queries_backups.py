"""The backups that were made."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db.models import Backup


def newest_backup(session: Session) -> Backup | None:
    """The backup whose copy is the newest."""
    return session.scalar(select(Backup).order_by(Backup.taken_at.desc(), Backup.id.desc()).limit(1))


def last_verified_at(session: Session) -> datetime | None:
    """When a backup was last proved."""
    return session.scalar(select(func.max(Backup.verified_at)))


def mark_verified(session: Session, taken_at: datetime, sha256: str, now: datetime) -> None:
    """The backup with this content was proved."""
    same = (Backup.taken_at == taken_at, Backup.sha256 == sha256)
    session.execute(update(Backup).where(*same).values(verified_at=now).execution_options(synchronize_session=False))
