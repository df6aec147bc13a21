"""Every row, within a savepoint.

on: postgresql mysql sqlite
finds: delete-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "in_a_savepoint"
down_revision = None


def upgrade():
    connection = op.get_bind()
    with connection.begin_nested():
        connection.execute(sa.text("DELETE FROM orders"))


def downgrade():
    op.execute("SELECT 1")
