"""The table of signed-in browsers."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class SignIn(Base):
    """A browser in which a user is signed in, by the SHA-256 of its cookie. No row, no session.

    One that `awaits_code` has given the right password only: it is signed in nowhere yet.
    """

    __tablename__ = "sign_ins"

    cookie_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    awaits_code: Mapped[bool] = mapped_column(default=False)
