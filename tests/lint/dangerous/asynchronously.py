"""Rows are deleted by a coroutine.

on: postgresql
finds: delete-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "asynchronously"
down_revision = None


async def _empty(connection):
    await connection.execute(sa.text("DELETE FROM orders"))


def upgrade():
    op.run_async(_empty)


def downgrade():
    op.execute("SELECT 1")
