"""A condition on one line.

on: postgresql mysql sqlite
finds: drop-table
"""

from alembic import op

revision = "on_one_line"
down_revision = None


def upgrade():
    op.drop_table("orders") if not op.get_context().as_sql else None


def downgrade():
    op.execute("SELECT 1")
