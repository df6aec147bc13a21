"""A condition on the family that has a name.

on: postgresql sqlite
"""

from alembic import op

revision = "by_a_condition_with_a_name"
down_revision = None


def upgrade():
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)
    else:
        op.create_index("ix_orders_note", "orders", ["note"])


def downgrade():
    op.execute("SELECT 1")
