"""people, API keys; what Greenfield says of an invoice, and what invoices are found by

Revision ID: 0006
Revises: 0005

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

LONGEST_TERM = 200
BATCH = 1000


def upgrade():
    op.create_table('users',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('is_administrator', sa.Boolean(), nullable=False),
    sa.Column('disabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email'))
    )
    op.create_table('store_users',
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_store_users_store_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_store_users_user_id')),
    sa.PrimaryKeyConstraint('store_id', 'user_id', name=op.f('pk_store_users'))
    )
    with op.batch_alter_table('store_users', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_store_users_user_id'), ['user_id'], unique=False)

    op.create_table('api_keys',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('key_sha256', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('permissions', sa.JSON(), nullable=False),
    sa.Column('application_identifier', sa.String(), nullable=True),
    sa.Column('redirect_origin', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_api_keys_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('key_sha256', name=op.f('uq_api_keys_key_sha256'))
    )
    with op.batch_alter_table('api_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_keys_user_id'), ['user_id'], unique=False)

    in_code_points = sa.String().with_variant(sa.String(collation='C'), 'postgresql')
    op.create_table('search_terms',
    sa.Column('store_id', sa.String(), nullable=False),
    sa.Column('term', in_code_points, nullable=False),
    sa.Column('invoice_id', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('store_id', 'term', 'invoice_id', name=op.f('pk_search_terms')),
    sqlite_with_rowid=False
    )
    for name in ('metadata_', 'checkout', 'receipt'):
        op.add_column('invoices', sa.Column(name, sa.Text(), nullable=True))
    op.add_column('invoices', sa.Column('search_text', sa.String(), nullable=True))
    op.create_index('ix_invoices_store_status', 'invoices', ['store_id', 'status', 'created_at'], unique=False)
    fill_search_terms(op.get_bind())


def fill_search_terms(connection):
    invoices = sa.table('invoices', *(sa.column(n) for n in ('id', 'store_id', 'order_id', 'search_text')),
                        sa.column('details', sa.JSON()))
    prompts = sa.table('prompts', sa.column('invoice_id'), sa.column('destination'))
    terms = sa.table('search_terms', sa.column('store_id'), sa.column('term'), sa.column('invoice_id'))
    last = ''
    while True:
        page = sa.select(invoices.c.id, invoices.c.store_id, invoices.c.order_id, invoices.c.details)
        rows = connection.execute(page.where(invoices.c.id > last).order_by(invoices.c.id).limit(BATCH)).all()
        if not rows:
            return
        last = rows[-1].id
        shown = sa.select(prompts).where(prompts.c.invoice_id.in_([row.id for row in rows]))
        addresses = {}
        for prompt in connection.execute(shown):
            addresses.setdefault(prompt.invoice_id, []).append(prompt.destination)
        found = [(row, terms_of(row, addresses.get(row.id, []))) for row in rows]
        connection.execute(terms.insert(), [
            {'store_id': row.store_id, 'term': term, 'invoice_id': row.id} for row, listed in found for term in listed
        ])
        texts = [{'of': row.id, 'text': ''.join('\n' + term for term in listed)} for row, listed in found]
        update = invoices.update().where(invoices.c.id == sa.bindparam('of'))
        connection.execute(update.values(search_text=sa.bindparam('text')), texts)


def terms_of(row, addresses):
    details = row.details or {}
    buyer = details.get('buyer') or {}
    texts = [row.id, row.order_id, *addresses, buyer.get('email'), buyer.get('name'),
             details.get('itemCode'), details.get('itemDesc')]
    plain = [''.join(' ' if c.isspace() else c for c in text if c.isprintable() or c.isspace())
             for text in texts if text]
    return [term for term in dict.fromkeys(text.strip().lower()[:LONGEST_TERM] for text in plain) if term]


def downgrade():
    op.drop_index('ix_invoices_store_status', table_name='invoices')
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        for name in ('search_text', 'receipt', 'checkout', 'metadata_'):
            batch_op.drop_column(name)
    op.drop_table('search_terms')
    op.drop_table('api_keys')
    op.drop_table('store_users')
    op.drop_table('users')
