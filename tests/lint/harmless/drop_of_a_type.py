"""A type that no column has any more.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "drop_of_a_type"
down_revision = None


def upgrade():
    status = sa.Enum("open", "paid", name="status")
    status.drop(op.get_bind(), checkfirst=True)
    op.execute("DROP TYPE IF EXISTS mood")


def downgrade():
    op.execute("SELECT 1")
