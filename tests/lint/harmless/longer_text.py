"""A text may be longer.

on: postgresql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "longer_text"
down_revision = None


def upgrade():
    op.alter_column("orders", "note", existing_type=sa.String(length=50), type_=sa.String(length=200))


def downgrade():
    op.execute("SELECT 1")
