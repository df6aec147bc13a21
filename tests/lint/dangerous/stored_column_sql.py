"""Every row gets a computed value: the table is written anew.

on: postgresql
finds: volatile-default
"""

from alembic import op

revision = "stored_column_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (price * amount) STORED")


def downgrade():
    op.execute("SELECT 1")
