"""Several tables are dropped by a loop.

on: postgresql mysql sqlite
finds: drop-table
"""

from alembic import op

revision = "drop_tables_in_a_loop"
down_revision = None


def upgrade():
    for name in ("orders", "customers"):
        op.drop_table(name)


def downgrade():
    op.execute("SELECT 1")
