"""A new table is filled from another one, which is only read.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "copied_into_a_new_table"
down_revision = None


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    op.execute("INSERT INTO notes (id, text) SELECT id, note FROM orders WHERE note IS NOT NULL")


def downgrade():
    op.execute("SELECT 1")
