"""Alembic adds the key by a statement of its own, which looks at every row.

on: postgresql
finds: foreign-key-without-not-valid
"""

import sqlalchemy as sa
from alembic import op

revision = "column_with_a_foreign_key"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customers.id"), nullable=True))


def downgrade():
    op.execute("SELECT 1")
