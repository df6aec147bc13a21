"""A column that no version of the application names any more.

on: postgresql mysql sqlite
false: drop-column
"""

import sqlalchemy as sa
from alembic import op

revision = "unused_column"
down_revision = None


def upgrade():
    op.drop_column("orders", "note")


def downgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
