"""In one statement PostgreSQL looks at no row: the column is empty.

on: postgresql
"""

from alembic import op

revision = "column_with_a_foreign_key_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN customer_id integer REFERENCES customers (id)")


def downgrade():
    op.execute("SELECT 1")
