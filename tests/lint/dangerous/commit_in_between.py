"""The transaction is ended in the middle.

on: postgresql
finds: non-transactional
"""

import sqlalchemy as sa
from alembic import op

revision = "commit_in_between"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
    op.execute("COMMIT")
    op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)


def downgrade():
    op.drop_column("orders", "note")
