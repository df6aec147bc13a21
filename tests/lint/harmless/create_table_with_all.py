"""A new table with its index, its keys and its checks.

on: postgresql mysql
"""

import sqlalchemy as sa
from alembic import op

revision = "create_table_with_all"
down_revision = None


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    op.create_index("ix_notes_text", "notes", ["text"])
    op.create_foreign_key("fk_notes_order", "notes", "orders", ["id"], ["id"])
    op.create_check_constraint("ck_notes_text", "notes", "text <> ''")
    op.create_unique_constraint("uq_notes_text", "notes", ["text"])


def downgrade():
    op.drop_table("notes")
