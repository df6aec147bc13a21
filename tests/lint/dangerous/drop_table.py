"""A table is dropped while the application may still read it.

on: postgresql mysql sqlite
finds: drop-table
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_table"
down_revision = None


def upgrade():
    op.drop_table("orders")


def downgrade():
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))
