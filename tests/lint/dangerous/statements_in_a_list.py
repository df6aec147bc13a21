"""Statements that stand in a list are executed one by one.

on: postgresql mysql sqlite
finds: drop-column
"""

from alembic import op

revision = "statements_in_a_list"
down_revision = None
STATEMENTS = [
    "ALTER TABLE orders ADD COLUMN remark text",
    "ALTER TABLE orders DROP COLUMN note",
]


def upgrade():
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade():
    op.execute("SELECT 1")
