"""A table is written anew.

on: postgresql
finds: table-lock
"""

from alembic import op

revision = "set_unlogged"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders SET UNLOGGED")


def downgrade():
    op.execute("ALTER TABLE orders SET LOGGED")
