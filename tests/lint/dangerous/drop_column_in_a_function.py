"""The same in a function of the file.

on: postgresql mysql sqlite
finds: drop-column
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_column_in_a_function"
down_revision = None


def shrink(table):
    op.drop_column(table, "note")


def upgrade():
    shrink("orders")


def downgrade():
    op.add_column("orders", sa.Column("note", sa.Text))
