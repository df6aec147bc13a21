"""A column is dropped while the application may still name it.

on: postgresql mysql sqlite
finds: drop-column
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_column"
down_revision = None


def upgrade():
    op.drop_column("orders", "note")


def downgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
