"""Every row gets a number: the table is written anew.

on: postgresql
finds: volatile-default
"""

from alembic import op

revision = "serial_key_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE order_items ADD COLUMN id BIGSERIAL PRIMARY KEY")


def downgrade():
    op.execute("SELECT 1")
