"""settings of stores in seconds, their rates and preferences; both sides of a quote

Revision ID: 0007
Revises: 0006

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('stores', schema=None) as batch_op:
        batch_op.alter_column('expiration_minutes', new_column_name='expiration_seconds')
        batch_op.alter_column('monitoring_minutes', new_column_name='monitoring_seconds')
        batch_op.add_column(sa.Column('display_timer_seconds', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('default_payment_method', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('primary_rates', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('fallback_rates', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('tracked_currencies', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('preferences', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('archived', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True))
    fill_stores(op.get_bind())
    with op.batch_alter_table('stores', schema=None) as batch_op:
        batch_op.alter_column('display_timer_seconds', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('tracked_currencies', existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column('preferences', existing_type=sa.Text(), nullable=False)
        batch_op.alter_column('archived', existing_type=sa.Boolean(), nullable=False)
    with op.batch_alter_table('store_payment_methods', schema=None) as batch_op:
        batch_op.add_column(sa.Column('given', sa.Text(), nullable=True))
    with op.batch_alter_table('quotes', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ask', sa.Text(), nullable=True))
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tracked_rates', sa.Text(), nullable=True))


def fill_stores(connection):
    numbers = ('expiration_seconds', 'monitoring_seconds', 'display_timer_seconds')
    stores = sa.table(
        'stores',
        *(sa.column(name, sa.Integer()) for name in numbers),
        sa.column('tracked_currencies', sa.JSON()),
        sa.column('preferences', sa.Text()),
        sa.column('archived', sa.Boolean()),
    )
    connection.execute(stores.update().values(
        expiration_seconds=stores.c.expiration_seconds * 60,
        monitoring_seconds=stores.c.monitoring_seconds * 60,
        display_timer_seconds=300,
        archived=sa.false(),
        tracked_currencies=[],
        preferences='{}',
    ))


def downgrade():
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.drop_column('tracked_rates')
    with op.batch_alter_table('quotes', schema=None) as batch_op:
        batch_op.drop_column('ask')
    with op.batch_alter_table('store_payment_methods', schema=None) as batch_op:
        batch_op.drop_column('given')
    stores = sa.table('stores', *(sa.column(f'{name}_seconds', sa.Integer()) for name in ('expiration', 'monitoring')))
    op.get_bind().execute(stores.update().values(  # a window shorter than a minute does not become none
        expiration_seconds=sa.case((stores.c.expiration_seconds < 60, 1), else_=stores.c.expiration_seconds // 60),
        monitoring_seconds=stores.c.monitoring_seconds // 60,
    ))
    with op.batch_alter_table('stores', schema=None) as batch_op:
        for name in ('deleted_at', 'archived', 'preferences', 'tracked_currencies', 'fallback_rates', 'primary_rates',
                     'default_payment_method', 'display_timer_seconds'):
            batch_op.drop_column(name)
        batch_op.alter_column('monitoring_seconds', new_column_name='monitoring_minutes')
        batch_op.alter_column('expiration_seconds', new_column_name='expiration_minutes')
