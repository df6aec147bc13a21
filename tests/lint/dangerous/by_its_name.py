"""An operation is looked up by its name.

on: postgresql mysql sqlite
finds: unread
"""

from alembic import op

revision = "by_its_name"
down_revision = None


def upgrade():
    verb = "drop_" + "table"
    getattr(op, verb)("orders")


def downgrade():
    op.execute("SELECT 1")
