"""What invoices are found by."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base

IN_CODE_POINTS = String().with_variant(String(collation="C"), "postgresql")  # so that the index finds beginnings


class SearchTerm(Base):
    """An invoice of a store is found by the beginning of `term` (lower case).

    It follows from the invoice, which is written in the same change; no foreign key is checked for it each time.
    """

    __tablename__ = "search_terms"
    __table_args__ = ({"sqlite_with_rowid": False},)

    store_id: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(IN_CODE_POINTS, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(primary_key=True)
