"""A column that may be empty.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "add_column"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("note", sa.Text, nullable=True))


def downgrade():
    op.drop_column("orders", "note")
