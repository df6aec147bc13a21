"""A table and its index, each in a function.

on: postgresql mysql
"""

import sqlalchemy as sa
from alembic import op

revision = "tables_by_functions"
down_revision = None

NAME = "notes"


def _tables():
    op.create_table(NAME, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))


def _indexes():
    op.create_index("ix_notes_text", NAME, ["text"])


def upgrade():
    _tables()
    _indexes()


def downgrade():
    op.execute("SELECT 1")
