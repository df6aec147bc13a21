"""The same, asked by a function of the script.

on: postgresql sqlite
"""

from alembic import op

revision = "by_a_function_of_the_family"
down_revision = None


def _on_postgresql():
    return op.get_bind().dialect.name == "postgresql"


def upgrade():
    if _on_postgresql():
        with op.get_context().autocommit_block():
            op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)
    else:
        op.create_index("ix_orders_note", "orders", ["note"])


def downgrade():
    op.execute("SELECT 1")
