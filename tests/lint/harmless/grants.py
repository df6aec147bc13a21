"""Who may do what.

on: postgresql
"""

from alembic import op

revision = "grants"
down_revision = None


def upgrade():
    op.execute("GRANT SELECT ON orders TO reporting")


def downgrade():
    op.execute("REVOKE SELECT ON orders FROM reporting")
