"""the rate source is the server's, not a store's; an endpoint's host is a column

Revision ID: 0002
Revises: 0001

"""
from urllib.parse import urlsplit

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('stores', schema=None) as batch_op:
        batch_op.drop_column('rate_source')
    with op.batch_alter_table('endpoints', schema=None) as batch_op:
        batch_op.add_column(sa.Column('host', sa.String(), nullable=True))
    fill_hosts(op.get_bind())
    with op.batch_alter_table('endpoints', schema=None) as batch_op:
        batch_op.alter_column('host', existing_type=sa.String(), nullable=False)


def fill_hosts(connection):
    endpoints = sa.table('endpoints', sa.column('id'), sa.column('url'), sa.column('host'))
    for row in connection.execute(sa.select(endpoints.c.id, endpoints.c.url)).all():
        host = urlsplit(row.url).netloc.rpartition('@')[2].lower()
        connection.execute(endpoints.update().where(endpoints.c.id == row.id).values(host=host))


def downgrade():
    with op.batch_alter_table('endpoints', schema=None) as batch_op:
        batch_op.drop_column('host')
    with op.batch_alter_table('stores', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rate_source', sa.String(), nullable=True))
