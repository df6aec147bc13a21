"""A partitioned table and its first part.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "new_partition"
down_revision = None


def upgrade():
    op.create_table("events", sa.Column("at", sa.Date(), nullable=False), postgresql_partition_by="RANGE (at)")
    op.execute("CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')")


def downgrade():
    op.execute("SELECT 1")
