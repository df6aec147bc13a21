"""A column brings its index, its key and its uniqueness with it.

on: postgresql
finds: index-without-concurrently foreign-key-without-not-valid unique-without-index
"""

import sqlalchemy as sa
from alembic import op

revision = "column_with_index"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text, index=True))
    op.add_column("orders", sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id")))
    op.add_column("orders", sa.Column("number", sa.Integer, unique=True))


def downgrade():
    op.drop_column("orders", "note")
