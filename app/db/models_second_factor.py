"""The tables of second factors."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class SecondFactor(Base):
    """The authenticator of a person. Codes are made of `secret`, so it is kept as it is: as private as the database.

    It is asked for once it is confirmed. `last_step` is the newest time step whose code was accepted: none is accepted
    twice. `wrong` counts codes that were refused in a row; too many, and nobody may try before `locked_until`.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    wrong: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that works once in the place of the authenticator's, by its hash."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code_sha256: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]
