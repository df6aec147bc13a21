"""A column gets a value in the rows that are there, and none in those that follow.

on: postgresql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "default_taken_away_after_filling"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("state", sa.String(20), nullable=True, server_default=sa.text("'new'")))
    op.alter_column("orders", "state", existing_type=sa.String(20), server_default=None)


def downgrade():
    op.execute("SELECT 1")
