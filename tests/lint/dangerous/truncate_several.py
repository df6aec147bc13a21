"""Two tables are emptied, and all that refer to them.

on: postgresql
finds: truncate
"""

from alembic import op

revision = "truncate_several"
down_revision = None


def upgrade():
    op.get_bind().exec_driver_sql("TRUNCATE orders, customers RESTART IDENTITY CASCADE")


def downgrade():
    op.execute("SELECT 1")
