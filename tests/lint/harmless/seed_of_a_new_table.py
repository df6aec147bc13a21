"""Rows for the table that this revision makes, beside a column of another one.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "seed_of_a_new_table"
down_revision = None


def upgrade():
    table = op.create_table("kinds", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.add_column("orders", sa.Column("kind_id", sa.Integer, nullable=True))
    op.bulk_insert(table, [{"id": 1, "name": "old"}, {"id": 2, "name": "new"}])


def downgrade():
    op.execute("SELECT 1")
