"""Tables are dropped in a list.

on: postgresql mysql sqlite
finds: drop-table
"""

from alembic import op

revision = "in_a_comprehension"
down_revision = None


def upgrade():
    [op.drop_table(name) for name in ("orders", "customers")]


def downgrade():
    op.execute("SELECT 1")
