"""New rows get numbers that others have.

on: postgresql
misses: which numbers of a sequence are taken
"""

from alembic import op

revision = "sequence_restarted"
down_revision = None


def upgrade():
    op.execute("ALTER SEQUENCE orders_id_seq RESTART WITH 1")


def downgrade():
    op.execute("SELECT 1")
