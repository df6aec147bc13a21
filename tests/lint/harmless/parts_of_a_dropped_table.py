"""A table goes with its index and its constraint: what is dangerous is that it goes, and that is allowed.

on: postgresql mysql
"""

from alembic import op

revision = "parts_of_a_dropped_table"
down_revision = None


def upgrade():
    op.drop_index("ix_notes_text", table_name="notes")
    op.drop_constraint("ck_notes_text", "notes", type_="check")
    op.drop_table("notes")  # orchestrate: allow drop-table until 2027-01-31: nothing reads it since 4.2


def downgrade():
    op.execute("SELECT 1")
