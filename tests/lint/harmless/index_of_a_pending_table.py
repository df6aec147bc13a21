"""The table is made by the revision before it, which is pending too.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "index_of_a_pending_table"
down_revision = "create_table"


def upgrade():
    op.create_index("ix_notes_id", "notes", ["id"])


def downgrade():
    op.drop_index("ix_notes_id")
