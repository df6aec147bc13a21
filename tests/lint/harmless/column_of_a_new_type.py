"""A type, and a column of it.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "column_of_a_new_type"
down_revision = None


def upgrade():
    state = postgresql.ENUM("open", "paid", name="state", create_type=False)
    state.create(op.get_bind(), checkfirst=True)
    op.add_column("orders", sa.Column("state", state, nullable=True))


def downgrade():
    op.execute("SELECT 1")
