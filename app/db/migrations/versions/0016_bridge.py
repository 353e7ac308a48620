"""the orders that the bridge watches, what it did, and what it leaves to a person

Revision ID: 0016
Revises: 0015

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

WATCHED = sa.text("watched_order_id IS NOT NULL")
UNFINISHED = sa.text("outcome = 'intended'")
OPEN = sa.text("resolved_at IS NULL")
ASKED = sa.text("resolved_at IS NULL AND asked_at IS NOT NULL")


def upgrade():
    op.create_table('watched_orders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('watched_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('watch_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_looked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_seen', sa.Text(), nullable=True),
    sa.Column('disagreed_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_by', sa.String(), nullable=True),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_watched_orders_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_watched_orders')),
    sa.UniqueConstraint('store_id', 'order_id', name=op.f('uq_watched_orders_store_id_order_id'))
    )
    op.create_index('ix_watched_orders_due', 'watched_orders', ['store_id', 'state', 'look_at'], unique=False)
    op.create_index('ix_watched_orders_claimed_by', 'watched_orders', ['claimed_by'], unique=False)
    op.create_table('bridge_acts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('watched_order_id', sa.Integer(), nullable=False),
    sa.Column('invoice_id', sa.String(), nullable=True),
    sa.Column('act', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('says', sa.Text(), nullable=False),
    sa.Column('sent', sa.Text(), nullable=True),
    sa.Column('expects', sa.Text(), nullable=True),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('after', sa.Text(), nullable=True),
    sa.Column('note_id', sa.BigInteger(), nullable=True),
    sa.Column('reading', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['watched_order_id'], ['watched_orders.id'],
                            name=op.f('fk_bridge_acts_watched_order_id')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_bridge_acts_invoice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bridge_acts'))
    )
    op.create_index('ix_bridge_acts_order', 'bridge_acts', ['watched_order_id', 'id'], unique=False)
    op.create_index('ix_bridge_acts_invoice_id', 'bridge_acts', ['invoice_id'], unique=False)
    op.create_index('ix_bridge_acts_unfinished', 'bridge_acts', ['watched_order_id'], unique=False,
                    sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)
    op.create_table('mismatches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('watched_order_id', sa.Integer(), nullable=False),
    sa.Column('invoice_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_remedy', sa.String(), nullable=True),
    sa.Column('asked_by', sa.String(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by', sa.String(), nullable=True),
    sa.Column('remedy', sa.String(), nullable=True),
    sa.Column('note', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_mismatches_store_id')),
    sa.ForeignKeyConstraint(['watched_order_id'], ['watched_orders.id'],
                            name=op.f('fk_mismatches_watched_order_id')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_mismatches_invoice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mismatches'))
    )
    op.create_index('uq_mismatches_open', 'mismatches', ['invoice_id', 'kind'], unique=True,
                    sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index('ix_mismatches_store', 'mismatches', ['store_id', 'resolved_at', 'id'], unique=False)
    op.create_index('ix_mismatches_watched_order_id', 'mismatches', ['watched_order_id'], unique=False)
    op.create_index('ix_mismatches_invoice_id', 'mismatches', ['invoice_id'], unique=False)
    op.create_index('ix_mismatches_asked', 'mismatches', ['id'], unique=False,
                    sqlite_where=ASKED, postgresql_where=ASKED)
    op.add_column('invoices', sa.Column('watched_order_id', sa.Integer(), nullable=True))
    op.create_index('ix_invoices_watched_order', 'invoices', ['watched_order_id'], unique=False,
                    sqlite_where=WATCHED, postgresql_where=WATCHED)


def downgrade():
    op.drop_index('ix_invoices_watched_order', table_name='invoices', sqlite_where=WATCHED, postgresql_where=WATCHED)
    op.drop_column('invoices', 'watched_order_id')
    op.drop_table('mismatches')
    op.drop_table('bridge_acts')
    op.drop_table('watched_orders')
