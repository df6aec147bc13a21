"""A table that nothing but an earlier revision knew.

on: postgresql mysql sqlite
false: drop-table
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_of_a_backup"
down_revision = None


def upgrade():
    op.drop_table("orders_backup_2025")


def downgrade():
    op.create_table("orders_backup_2025", sa.Column("id", sa.Integer))
