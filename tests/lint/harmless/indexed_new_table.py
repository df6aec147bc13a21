"""A table that is made where it is not there, with its index.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "indexed_new_table"
down_revision = None


def upgrade():
    bind = op.get_bind()
    if not sa.inspect(bind).has_table("notes"):
        op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("order_id", sa.Integer))
        op.create_index(op.f("ix_notes_order_id"), "notes", ["order_id"], unique=False)


def downgrade():
    op.execute("SELECT 1")
