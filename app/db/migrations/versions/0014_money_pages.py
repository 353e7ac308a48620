"""what the merchant's pages about money are read by

Revision ID: 0014
Revises: 0013

"""
from decimal import Decimal

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

SETTLED = sa.text('settled_at IS NOT NULL')
HIGHEST = 2**63 - 1
AT_ONCE = 1000


def upgrade():
    op.add_column('invoices', sa.Column('amount_rank', sa.BigInteger(), server_default='-1', nullable=False))
    rank_prices(op.get_bind())
    op.create_index('ix_invoices_store_additional', 'invoices', ['store_id', 'additional_status', 'created_at'])
    op.create_index('ix_invoices_store_amount', 'invoices', ['store_id', 'amount_rank'])
    op.create_index(
        'ix_payments_settled', 'payments', ['settled_at'], sqlite_where=SETTLED, postgresql_where=SETTLED
    )


def rank_prices(connection):
    """Prices are text, so the database cannot order them itself."""
    last, page = '', sa.text("SELECT id, price FROM invoices WHERE id > :last ORDER BY id LIMIT :most")
    rank = sa.text("UPDATE invoices SET amount_rank = :rank WHERE id = :id")
    while rows := connection.execute(page, {'last': last, 'most': AT_ONCE}).all():
        last = rows[-1].id
        priced = [
            {'id': row.id, 'rank': min(int(Decimal(row.price).scaleb(8)), HIGHEST)}
            for row in rows
            if row.price is not None
        ]
        if priced:
            connection.execute(rank, priced)


def downgrade():
    op.drop_index('ix_payments_settled', table_name='payments')
    op.drop_index('ix_invoices_store_amount', table_name='invoices')
    op.drop_index('ix_invoices_store_additional', table_name='invoices')
    op.drop_column('invoices', 'amount_rank')
