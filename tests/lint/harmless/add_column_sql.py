"""In SQL.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "add_column_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN IF NOT EXISTS note varchar(20) DEFAULT 'none' NOT NULL")


def downgrade():
    op.drop_column("orders", "note")
