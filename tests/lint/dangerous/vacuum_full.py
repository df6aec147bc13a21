"""A whole table is written anew.

on: postgresql
finds: table-lock
"""

from alembic import op

revision = "vacuum_full"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("VACUUM FULL orders")


def downgrade():
    op.execute("SELECT 1")
