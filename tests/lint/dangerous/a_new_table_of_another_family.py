"""What is dropped is dropped on one family alone.

on: postgresql
finds: drop-table
"""

from alembic import op

revision = "a_new_table_of_another_family"
down_revision = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.drop_table("orders")


def downgrade():
    op.execute("SELECT 1")
