"""A column is added and filled under the same lock.

on: postgresql mysql sqlite
finds: mixed-data-and-schema
"""

import sqlalchemy as sa
from alembic import op

revision = "fill_and_add"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
    op.execute("UPDATE orders SET note = '' WHERE note IS NULL")


def downgrade():
    op.drop_column("orders", "note")
