"""A return keeps it from this family.

on: postgresql mysql
"""

from alembic import op

revision = "only_for_another_family"
down_revision = None


def upgrade():
    if op.get_context().dialect.name != "sqlite":
        return
    op.drop_table("orders")


def downgrade():
    op.execute("SELECT 1")
