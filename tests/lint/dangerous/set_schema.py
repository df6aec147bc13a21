"""The application that still runs does not find the table any more.

on: postgresql
finds: rename-table
"""

from alembic import op

revision = "set_schema"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders SET SCHEMA archive")


def downgrade():
    op.execute("SELECT 1")
