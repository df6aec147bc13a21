"""A new table and its first rows.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "seed"
down_revision = None


def upgrade():
    notes = op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    op.bulk_insert(notes, [{"id": 1, "text": "first"}])


def downgrade():
    op.drop_table("notes")
