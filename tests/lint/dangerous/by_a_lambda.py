"""Columns go by a function without a name.

on: postgresql mysql sqlite
finds: drop-column
"""

from alembic import op

revision = "by_a_lambda"
down_revision = None


def upgrade():
    drop = lambda name: op.drop_column("orders", name)  # noqa: E731
    drop("note")


def downgrade():
    op.execute("SELECT 1")
