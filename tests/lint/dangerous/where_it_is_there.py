"""A column goes where the database has it.

on: postgresql mysql sqlite
finds: drop-column
"""

import sqlalchemy as sa
from alembic import op

revision = "where_it_is_there"
down_revision = None


def upgrade():
    inspector = sa.inspect(op.get_bind())
    columns = {column["name"] for column in inspector.get_columns("orders")}
    if "note" in columns:
        op.drop_column("orders", "note")


def downgrade():
    op.execute("SELECT 1")
