"""since when a store's orders are those of the shop that it is connected to

Revision ID: 0017
Revises: 0016

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('shops', sa.Column('orders_since', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('shops', 'orders_since')
