"""Each table gets a column that every row must have a value for.

on: postgresql mysql sqlite
finds: not-null-without-default
"""

from alembic import op

revision = "columns_in_a_loop"
down_revision = None
TABLES = ["orders", "customers"]


def upgrade():
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD COLUMN tenant_id integer NOT NULL")


def downgrade():
    op.execute("SELECT 1")
