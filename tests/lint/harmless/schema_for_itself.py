"""A schema with its table.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "schema_for_itself"
down_revision = None


def upgrade():
    op.execute("CREATE SCHEMA IF NOT EXISTS audit")
    op.create_table("entries", sa.Column("id", sa.Integer, primary_key=True), schema="audit")
    op.create_index("ix_entries_id", "entries", ["id"], schema="audit")


def downgrade():
    op.execute("SELECT 1")
