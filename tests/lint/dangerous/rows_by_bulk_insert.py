"""Rows go into an existing table beside a change of it.

on: postgresql mysql sqlite
finds: mixed-data-and-schema
"""

import sqlalchemy as sa
from alembic import op

revision = "rows_by_bulk_insert"
down_revision = None


def upgrade():
    op.add_column("kinds", sa.Column("rank", sa.Integer))
    kinds = sa.table("kinds", sa.column("name", sa.String), sa.column("rank", sa.Integer))
    op.bulk_insert(kinds, [{"name": "old", "rank": 1}, {"name": "new", "rank": 2}])


def downgrade():
    op.execute("SELECT 1")
