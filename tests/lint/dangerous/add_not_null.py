"""A column that every row must have a value for, and none is given.

on: postgresql mysql sqlite
finds: not-null-without-default
"""

import sqlalchemy as sa
from alembic import op

revision = "add_not_null"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text, nullable=False))


def downgrade():
    op.drop_column("orders", "note")
