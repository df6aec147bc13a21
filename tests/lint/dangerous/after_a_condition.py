"""What comes after a return for another family.

on: postgresql
finds: table-lock
"""

from alembic import op

revision = "after_a_condition"
down_revision = None


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")


def downgrade():
    op.execute("SELECT 1")
