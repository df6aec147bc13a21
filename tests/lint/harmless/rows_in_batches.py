"""Rows are filled a thousand at a time.

on: postgresql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "rows_in_batches"
down_revision = None


def upgrade():
    connection = op.get_bind()
    while True:
        done = connection.execute(
            sa.text(
                "UPDATE orders SET note = '' WHERE id IN (SELECT id FROM orders WHERE note IS NULL LIMIT 1000)"
            )
        )
        if done.rowcount == 0:
            break


def downgrade():
    op.execute("SELECT 1")
