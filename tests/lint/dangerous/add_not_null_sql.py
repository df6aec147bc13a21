"""The same in SQL.

on: postgresql mysql sqlite
finds: not-null-without-default
"""

from alembic import op

revision = "add_not_null_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN note text NOT NULL")


def downgrade():
    op.drop_column("orders", "note")
