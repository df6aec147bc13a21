"""Every row of the partition is looked at.

on: postgresql
finds: table-lock
"""

from alembic import op

revision = "attach_partition"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ATTACH PARTITION orders_2026 FOR VALUES IN (2026)")


def downgrade():
    op.execute("ALTER TABLE orders DETACH PARTITION orders_2026")
