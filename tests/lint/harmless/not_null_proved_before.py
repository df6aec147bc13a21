"""A check was validated in an earlier release, and stays.

on: postgresql
false: set-not-null
"""

from alembic import op

revision = "not_null_proved_before"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", nullable=False)


def downgrade():
    op.alter_column("orders", "note", nullable=True)
