"""A new table.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "create_table"
down_revision = None


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))


def downgrade():
    op.drop_table("notes")
