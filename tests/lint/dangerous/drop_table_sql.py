"""The same in SQL, with a schema and quotes.

on: postgresql mysql sqlite
finds: drop-table
"""

from alembic import op

revision = "drop_table_sql"
down_revision = None


def upgrade():
    op.execute('DROP TABLE IF EXISTS "sales"."orders" CASCADE')


def downgrade():
    op.execute("SELECT 1")
